"""
APScheduler with its SQLAlchemy store on PostgreSQL, where it keeps schedules and has no jobs.

What is due it runs itself, in a pool of threads; that is what is counted. In "best" it drops
nothing that is late: as shipped it does after one second.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

from tests.benchmarks import stage
from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base
from tests.benchmarks.sink import Sink

PROGRAM = [sys.executable, "-m", f"{JOBS}.of_apscheduler"]


class Peer(Base):
    is_django = False

    def define(self) -> None:
        subprocess.run([*PROGRAM, "define"], check=True, cwd=stage.ROOT)

    def scheduler(self, number: int) -> list[list[str]]:
        return [[*PROGRAM, "run"] for _ in range(number)]

    def scheduled(self, since: datetime) -> int:
        return Sink(stage.sink()).count()
