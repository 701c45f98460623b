"""Which schedules' previous jobs have not ended yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models.functions import Coalesce

from scheduler.choices import Overlap
from scheduler.models import Schedule
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.states import UNFINISHED, JobState

if TYPE_CHECKING:
    from tasks_core import JobResult


def busy_keys(rows: Iterable[Schedule], *, now: datetime) -> set[str]:
    """Return the keys of those ``rows`` that must not overlap and would; one query per backend."""
    asked: dict[str, dict[UUID, Schedule]] = defaultdict(dict)
    for row in rows:
        if row.overlap == Overlap.SKIP and row.last_job_id is not None:
            asked[row.backend][row.last_job_id] = row
    return {
        row.key
        for alias, rows_by_job in asked.items()
        for row in _busy(alias, rows_by_job, now=now)
    }


def _busy(alias: str, rows: dict[UUID, Schedule], *, now: datetime) -> Iterator[Schedule]:
    """
    Yield those of ``rows`` whose job would overlap with another.

    A job that waits, for a retry or because it snoozed, counts for ``overlap_timeout`` since it
    was last begun: one that fails again and again, or sleeps until next year, must not silence
    its schedule.
    """
    jobs = _jobs(alias, list(rows))
    waiting = [job_id for job_id, job in jobs.items() if job.status == JobState.SCHEDULED]
    begun = _begun(job_backends[alias].database, waiting)
    for job_id, job in jobs.items():
        row = rows[job_id]
        if job.status not in UNFINISHED:
            continue
        if job_id not in begun or now - begun[job_id] < row.overlap_timeout:
            yield row


def _begun(database: str | None, ids: list[UUID]) -> dict[UUID, datetime]:
    """Return since when jobs wait, by the database's clock; no worker's clock is asked."""
    if not ids:
        return {}
    since = Coalesce("claimed_at", "enqueued_at")
    return dict(Job.objects.using(database).filter(pk__in=ids).values_list("pk", since))


def _jobs(alias: str, ids: list[UUID]) -> dict[UUID, JobResult]:
    backend = job_backends[alias]
    found: dict[UUID, JobResult] = backend.get_many(ids) if backend.supports("get_many") else {}  # type: ignore[attr-defined]
    return found
