"""django-tasks-db: the DatabaseBackend and its db_worker."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks.peers.base import Peer as Base


class Peer(Base):
    drained = 4000

    @cached_property
    def pause(self) -> float:
        return 0.15 if self.is_best else 1.0  # it polls, as shipped, once in a second

    def settings(self) -> dict[str, Any]:
        return {
            "INSTALLED_APPS": ["django_tasks", "django_tasks_db"],
            "TASKS": {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        }

    @cached_property
    def noop(self) -> Any:
        from tests.benchmarks.peers.jobs.of_django_tasks import noop

        return noop

    def enqueue(self, number: int) -> None:
        self.noop.enqueue(number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        self.noop.using(run_after=when).enqueue(number)

    def worker(self, processes: int) -> list[list[str]]:
        best = ["--interval", "0.02", "--no-startup-delay", "--verbosity", "0"]
        options = best if self.is_best else []
        return [self.django("db_worker", *options) for _ in range(processes)]
