"""huey: RedisHuey or SqliteHuey with its consumer."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base

POLL_SQLITE_OFTEN = ["-d", "0.01", "-m", "0.02", "-b", "1"]


class Peer(Base):
    is_django = False
    drained = 12_000

    @cached_property
    def pause(self) -> float:
        # As shipped, an idle consumer looks into SQLite ever more rarely, up to every 10 s.
        return 2.0 if stage.STORE == "sqlite" and not self.is_best else 0.1

    @cached_property
    def noop(self) -> Any:
        from tests.benchmarks.peers.jobs.of_huey import noop

        return noop

    def enqueue(self, number: int) -> None:
        self.noop(number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        self.noop.schedule((number,), eta=when)

    def worker(self, processes: int) -> list[list[str]]:
        options = []
        if self.is_best:
            kind = (
                ["-w", "2", "-k", "thread"]
                if processes == 1
                else ["-w", str(processes), "-k", "process"]
            )
            options = [
                *kind,
                "-q",
                "-s",
                "1",
                *(POLL_SQLITE_OFTEN if stage.STORE == "sqlite" else []),
            ]
        return [self.program("huey_consumer", f"{JOBS}.of_huey.huey", *options)]
