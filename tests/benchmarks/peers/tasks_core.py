"""Ourselves, as shipped: default settings, results stored, signals sent, a log line per start and end."""

from __future__ import annotations

import time
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.benchmarks import processes, stage
from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base

GROUP = 500


def declared(line: tuple[int, str]) -> tuple[str, dict[str, Any]]:
    """Return the key and the entry of one schedule, with the defaults of all its options."""
    number, expression = line
    return key_of(number), {"task": f"{JOBS}.tasks.noop", "cron": expression, "args": [number]}


def key_of(number: int) -> str:
    return f"schedule {number:06}"


def first_id(moment: datetime) -> UUID:
    """Return the least id of what is due then or later: ids begin with the milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


class Peer(Base):
    has_many = True
    drained = 30_000

    def settings(self) -> dict[str, Any]:
        return {
            "INSTALLED_APPS": ["tasks_core", "scheduler", JOBS],
            "JOBS": self._jobs(),
            "SCHEDULE": dict(map(declared, stage.cron_lines())),
            "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],  # many at one minute are the point
        }

    def prepare(self) -> None:
        super().prepare()
        if stage.STORE == "redis":
            self._new_file()

    def _jobs(self) -> dict[str, Any]:
        if stage.STORE == "redis":
            name = "tasks_core.backends.redis.RedisBackend"
            return {"BACKEND": name, "OPTIONS": {"url": stage.REDIS_URL}}
        return {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}

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

    def scheduler(self, number: int) -> list[list[str]]:
        files = self._health_files(number)
        return [self.django("run_scheduler", "--health-file", str(file)) for file in files]

    def seconds_until_ready(self, running: list[processes.Session], *, timeout: float) -> float:
        """Wait for the files that a scheduler touches at the end of a turn."""
        began = time.monotonic()
        files = [stage.FOLDER / f"health-{number}" for number, _ in enumerate(running)]
        while (passed := time.monotonic() - began) < timeout:
            if all(file.exists() for file in files):
                return round(passed, 2)
            time.sleep(0.01)
        raise RuntimeError(f"The scheduler was not ready within {timeout:.0f} s.")

    def _health_files(self, number: int) -> list[Path]:
        files = [stage.FOLDER / f"health-{each}" for each in range(number)]
        for file in files:
            file.unlink(missing_ok=True)
        return files

    def scheduled(self, since: datetime) -> int:
        from tasks_core.models import Job

        return Job.objects.filter(pk__gte=first_id(since)).count()

    def run_scheduled(self) -> None:
        from tasks_core import job_backends
        from tasks_core.outcomes import Succeeded

        backend: Any = job_backends["default"]
        owner = backend.register(kind="worker", queues=None, concurrency=GROUP).pk
        while attempts := backend.claim(owner=owner, limit=GROUP):
            backend.settle([(attempt, Succeeded(None)) for attempt in attempts])

    def after_drain(self) -> dict[str, Any]:
        """Tell how many jobs a claim took, for the raw loop to repeat."""
        if stage.STORE == "redis":
            return {}
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
