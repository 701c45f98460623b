"""django-q2 with its ORM broker. In "best" it claims in bulk and stores no successful result."""

from __future__ import annotations

import os
from datetime import datetime
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
