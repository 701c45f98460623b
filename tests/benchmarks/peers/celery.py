"""Celery on Redis. In "best" a solo pool that prefetches much and keeps no results."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base

BEST = [
    *("--pool", "solo", "--prefetch-multiplier", "128", "--loglevel", "ERROR"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]


class Peer(Base):
    is_django = False
    drained = 8000

    @cached_property
    def noop(self) -> Any:
        from tests.benchmarks.peers.jobs.of_celery import noop

        return noop

    def enqueue(self, number: int) -> None:
        self.noop.delay(number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        self.noop.apply_async((number,), eta=when)

    def worker(self, processes: int) -> list[list[str]]:
        command = [sys.executable, "-m", "celery", "-A", f"{JOBS}.of_celery", "worker"]
        options = BEST if self.is_best else []
        return [[*command, "-n", f"w{number}@bench", *options] for number in range(processes)]
