"""django-q2 with its ORM broker. In "best" it claims in bulk and stores no successful result."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base


class Peer(Base):
    drained = 8000

    def settings(self) -> dict[str, Any]:
        cluster: dict[str, Any] = {"name": "bench", "timeout": 50, "retry": 60, "orm": "default"}
        if self.is_best:
            cluster |= {
                "log_level": "WARNING",
                "workers": stage.PROCESSES,
                "save_limit": -1,
                "bulk": 50,
                "queue_limit": 500,
                "poll": 0.02,
                "recycle": 1_000_000,
                "guard_cycle": 0.5,
            }
        cache = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        return {
            "INSTALLED_APPS": ["django_q"],
            "Q_CLUSTER": cluster,
            "CACHES": {"default": cache},
        }

    def enqueue(self, number: int) -> None:
        from django_q.tasks import async_task

        async_task(f"{JOBS}.plain.noop", number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        from django_q.models import Schedule

        function = f"{JOBS}.plain.noop"
        once = Schedule.ONCE
        Schedule.objects.create(func=function, args=str(number), schedule_type=once, next_run=when)

    def worker(self, processes: int) -> list[list[str]]:
        """Return one cluster with so many children, or as shipped with one per core."""
        os.environ["BENCH_PROCESSES"] = str(processes)
        return [self.django("qcluster")]

    def define(self) -> None:
        from croniter import croniter
        from django_q.models import Schedule

        now = datetime.now(UTC)
        lines = list(stage.cron_lines())
        due = {line: croniter(line, now).get_next(datetime) for line in {line for _, line in lines}}
        of_cron = {"func": f"{JOBS}.plain.noop", "schedule_type": Schedule.CRON}
        Schedule.objects.bulk_create(
            Schedule(
                name=f"tick{number}", args=str(number), cron=line, next_run=due[line], **of_cron
            )
            for number, line in lines
        )

    def scheduler(self, number: int) -> list[list[str]]:
        """Return clusters as shipped: whoever schedules also runs jobs, and cannot but do so."""
        return [self.django("qcluster") for _ in range(number)]

    def scheduled(self, since: datetime) -> int:
        """Count what has moved on: all that is due is committed in one transaction, with its jobs."""
        moved = "task IS NOT NULL AND next_run > %s"
        return self.count(f"SELECT count(*) FROM django_q_schedule WHERE {moved}", since)
