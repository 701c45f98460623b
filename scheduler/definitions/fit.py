"""Which backends can keep the jobs of schedules."""

from __future__ import annotations

from scheduler.exceptions import InvalidSchedule
from tasks_core import BaseJobBackend, job_backends


def why_it_cannot_schedule(backend: BaseJobBackend) -> str:
    """Return why no schedule can use ``backend``, or an empty text."""
    if backend.in_band:
        return "it runs jobs inside the call that asks for them"
    return "" if backend.supports("defer") else "it defines no defer()"


def refuse_unfit(alias: str) -> None:
    """Raise for a backend that cannot keep the jobs of schedules."""
    backend = job_backends[alias]
    if why := why_it_cannot_schedule(backend):
        raise InvalidSchedule(f"{backend} does not support scheduling: {why}.")
