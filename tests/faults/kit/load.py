"""What is asked of the workers: jobs that tell when each attempt began and when it was done."""

from __future__ import annotations

import random
from collections.abc import Sequence

from django.conf import settings

from tasks_core import Call, background
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.faults.tasks import work

APPS = [*settings.INSTALLED_APPS, "tests.faults"]
FENCED = "tasks_core.backends.database.DatabaseBackend"
WAITING = (JobState.READY, JobState.SCHEDULED)
BATCH = 5_000
SCHEDULES, SPEED = 40, 240  # of the schedulers that ``fast`` starts; a minute in a quarter second


def ask(count: int, *, seconds: Sequence[float] = (0.0, 0.0)) -> int:
    """Store ``count`` jobs that rest between these two times; the same ones at every run."""
    chance = random.Random(count)
    calls = [Call(work, [], {"seconds": round(chance.uniform(*seconds), 3)}) for _ in range(count)]
    for start in range(0, count, BATCH):
        background.enqueue_many(calls[start : start + BATCH])
    return count


def waits() -> bool:
    return Job.objects.filter(state__in=WAITING).exists()


def all_ended() -> bool:
    running = Job.objects.filter(state=JobState.RUNNING)
    return not running.exists() and not waits()
