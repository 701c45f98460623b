"""Ourselves, as shipped: default settings, results stored, signals sent, a log line per start and end."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base


class Peer(Base):
    has_many = True
    drained = 30_000

    def settings(self) -> dict[str, Any]:
        entry = {"task": f"{JOBS}.tasks.noop", "cron": "* * * * *", "overlap": "allow", "args": [0]}
        return {
            "INSTALLED_APPS": ["tasks_core", "scheduler", JOBS],
            "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
            "SCHEDULE": {f"schedule {number}": entry for number in range(stage.SCHEDULES)},
            "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],  # many at one minute are the point
        }

    @cached_property
    def noop(self) -> Any:
        from tests.benchmarks.peers.jobs.tasks import noop

        return noop

    def enqueue(self, number: int) -> None:
        from tasks_core import background

        background.enqueue(self.noop, [number])

    def enqueue_many(self, numbers: range) -> None:
        from tasks_core import Call, background

        background.enqueue_many([Call(self.noop, [number]) for number in numbers])

    def enqueue_at(self, number: int, when: datetime) -> None:
        from tasks_core import background

        background.defer(self.noop, [number], when=when)

    def worker(self, processes: int) -> list[list[str]]:
        if self._has_processes:
            return [self.django("run_worker", "--processes", str(processes))]
        return [self.django("run_worker") for _ in range(processes)]

    def after_drain(self) -> dict[str, Any]:
        """Tell how many jobs a claim took, for the raw loop to repeat."""
        from tasks_core.models import Job

        claimed = Job.objects.exclude(claimed_at=None)
        claims = claimed.values("claimed_at").distinct().count()
        return {
            "group": round(claimed.count() / claims, 1) if claims else None,
            "successful": claimed.filter(state="successful").count(),
        }

    @cached_property
    def _has_processes(self) -> bool:
        from tasks_core.management.commands.run_worker import Command

        return "--processes" in Command().create_parser("manage.py", "run_worker").format_help()
