"""What scripts tell of jobs that have ended."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tasks_core.backends.redis.calls import context_of
from tasks_core.signals import JobEnd
from tasks_core.states import JobState


def ends_of(told: Iterable[Any], *, now: datetime) -> list[JobEnd]:
    """Return the ends; each is told as id, state, reason, task and sealed call."""
    return [
        JobEnd(UUID(job_id), JobState(state), now, reason, context_of(job_id, task, sealed))
        for job_id, state, reason, task, sealed in told
    ]
