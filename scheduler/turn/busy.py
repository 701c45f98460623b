"""
Which schedules' previous jobs have not ended yet: the ledger says it, whatever the backend.

A backend beside it tells more: whether a job runs, or only waits to be tried again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models.functions import Coalesce

from scheduler.choices import Outcome, Overlap
from scheduler.models import Occurrence
from tasks_core import job_backends
from tasks_core.expressions import among
from tasks_core.models import Job
from tasks_core.states import UNFINISHED, JobState

if TYPE_CHECKING:
    from tasks_core import JobResult
from scheduler.turn.due import Row


class Previous(NamedTuple):
    """The last job of a schedule, which a new one would overlap with, unless it has failed."""

    job_id: UUID
    has_failed: bool = False  # for good, and the ledger was not told


class _Unended(NamedTuple):
    row: Row
    job_id: UUID
    recorded_at: datetime


def busy_jobs(alias: str, rows: Iterable[Row], *, now: datetime) -> dict[str, UUID]:
    """Return the previous jobs that a new one would overlap with, by the keys of ``rows``."""
    found = previous_jobs(alias, rows, now=now)
    return {key: previous.job_id for key, previous in found.items() if not previous.has_failed}


def previous_jobs(alias: str, rows: Iterable[Row], *, now: datetime) -> dict[str, Previous]:
    """Return, by the keys of ``rows``, the previous jobs that matter to a new one."""
    by_backend: dict[str, list[_Unended]] = defaultdict(list)
    for unended in _unended(alias, rows):
        by_backend[unended.row.backend].append(unended)
    return {
        key: previous
        for backend, found in by_backend.items()
        for key, previous in _mattering(alias, backend, found, now=now)
    }


def _unended(alias: str, rows: Iterable[Row]) -> Iterator[_Unended]:
    """Yield those whose last job has no end in the ledger: one query for all."""
    last = {
        (row.key, row.last_due_at): row
        for row in rows
        if row.overlap != Overlap.ALLOW and row.last_due_at is not None
    }
    if not last:
        return
    found = Occurrence.objects.using(alias).filter(
        among("schedule_key", (key for key, _ in last)),
        due_at__in={due_at for _, due_at in last},
        batch="",
        outcome=Outcome.ENQUEUED,
        job_state="",
    )
    for key, due_at, job_id, at in found.values_list(
        "schedule_key", "due_at", "job_id", "recorded_at"
    ):
        if job_id is not None and (key, due_at) in last:
            yield _Unended(last[key, due_at], job_id, at)


def _mattering(
    alias: str, backend: str, found: list[_Unended], *, now: datetime
) -> Iterator[tuple[str, Previous]]:
    """
    Yield those of ``found`` that count, with their keys, and those that have failed.

    A job that waits, for a retry or because it snoozed, counts for ``overlap_timeout`` since it
    was last begun: one that fails again and again, or sleeps until next year, must not silence
    its schedule. So does one of which its backend tells nothing, since it was made. A backend that
    is elsewhere is not asked, since it may be away, and rows are locked: its job counts until its
    end is noted.
    """
    asked = job_backends[backend]
    if asked.database != alias:
        # Whoever reconciles asks those that can be asked, and notes how their jobs ended.
        is_told = asked.supports("get_many")
        for each in found:
            if is_told or now - each.recorded_at < each.row.overlap_timeout:
                yield each.row.key, Previous(each.job_id)
        return
    jobs = _jobs(backend, [each.job_id for each in found])
    waiting = [job_id for job_id, job in jobs.items() if job.status == JobState.SCHEDULED]
    begun = _begun(alias, waiting)
    for each in found:
        job, since = jobs.get(each.job_id), begun.get(each.job_id)
        if job is None:
            continue
        if job.status == JobState.FAILED:
            yield each.row.key, Previous(each.job_id, has_failed=True)
        elif job.status in UNFINISHED and (since is None or now - since < each.row.overlap_timeout):
            yield each.row.key, Previous(each.job_id)


def _begun(database: str, ids: list[UUID]) -> dict[UUID, datetime]:
    """Return since when jobs wait, by the database's clock; no worker's clock is asked."""
    if not ids:
        return {}
    since = Coalesce("claimed_at", "enqueued_at")
    return dict(Job.objects.using(database).filter(pk__in=ids).values_list("pk", since))


def _jobs(backend: str, ids: list[UUID]) -> dict[UUID, JobResult]:
    found: dict[UUID, JobResult] = job_backends[backend].get_many(ids)  # type: ignore[attr-defined]
    return found
