"""The jobs of a test: run in its thread, when their time comes."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import uuid4

from scheduler import conf
from scheduler.models import Schedule
from tasks_core import job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.testing.drain import drain


def run_jobs() -> int:
    """Run what is ready on the backends that schedules use; return how many attempts it took."""
    return sum(len(drain(alias)) for alias in _aliases())


def next_run_after(*, limited: bool) -> datetime | None:
    """
    Return when the first job comes that waits: deferred, splayed or to be tried again.

    With ``limited``, also when a rate lets the next one through.
    """
    found = []
    for alias in _aliases():
        backend = cast("DatabaseBackend", job_backends[alias])
        found.append(backend.look(uuid4()).next_run_after)
        if limited:
            found.append(backend.admit_all())
    return min(filter(None, found), default=None)


def _aliases() -> list[str]:
    used = Schedule.objects.using(conf.database()).values_list("backend", flat=True)
    aliases = {DEFAULT_ALIAS, *used.distinct()}
    return [alias for alias in sorted(aliases & set(job_backends)) if _keeps_jobs(alias)]


def _keeps_jobs(alias: str) -> bool:
    return job_backends[alias].supports("claim")
