"""procrastinate with its Django integration, on PostgreSQL with LISTEN/NOTIFY."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base

BEST = [
    *("--concurrency", "20"),
    *("--delete-jobs", "successful"),
    *("--fetch-job-polling-interval", "0.5"),
]


class Peer(Base):
    has_many = True
    drained = 10_000

    def settings(self) -> dict[str, Any]:
        return {
            "INSTALLED_APPS": ["procrastinate.contrib.django"],
            "PROCRASTINATE_IMPORT_PATHS": [f"{JOBS}.of_procrastinate"],
        }

    @cached_property
    def noop(self) -> Any:
        """Return a coroutine task, which is faster, or the plain one that runs in a thread."""
        from tests.benchmarks.peers.jobs import of_procrastinate

        return of_procrastinate.anoop if self.is_best else of_procrastinate.noop

    def enqueue(self, number: int) -> None:
        self.noop.defer(number=number)

    def enqueue_many(self, numbers: range) -> None:
        self.noop.batch_defer(*({"number": number} for number in numbers))

    def enqueue_at(self, number: int, when: datetime) -> None:
        self.noop.configure(schedule_at=when).defer(number=number)

    def worker(self, processes: int) -> list[list[str]]:
        options = BEST if self.is_best else []
        return [self.django("procrastinate", "worker", *options) for _ in range(processes)]

    def scheduler(self, number: int) -> list[list[str]]:
        """Return workers of a queue that nobody uses: they defer what is due and run nothing."""
        return [self.django("procrastinate", "worker", "-q", "nobody") for _ in range(number)]

    def scheduled(self, since: datetime) -> int:
        return self.count("SELECT count(*) FROM procrastinate_jobs")
