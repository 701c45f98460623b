"""Which schedules' previous jobs have not ended yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from scheduler.choices import Overlap
from scheduler.models import Schedule
from tasks_core import job_backends
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
        rows_by_job[job_id].key
        for alias, rows_by_job in asked.items()
        for job_id, job in _jobs(alias, list(rows_by_job)).items()
        if is_busy(rows_by_job[job_id], job, now=now)
    }


def is_busy(row: Schedule, job: JobResult, *, now: datetime) -> bool:
    """
    Say whether ``job`` would overlap with another of its schedule.

    A job that waits for a retry counts for ``overlap_timeout`` after its last error: one that
    fails again and again must not silence its schedule.
    """
    if job.status not in UNFINISHED:
        return False
    if job.status != JobState.SCHEDULED or not job.errors:
        return True
    return now - datetime.fromisoformat(job.errors[-1].at) < row.overlap_timeout


def _jobs(alias: str, ids: list[UUID]) -> dict[UUID, JobResult]:
    backend = job_backends[alias]
    found: dict[UUID, JobResult] = backend.get_many(ids) if backend.supports("get_many") else {}  # type: ignore[attr-defined]
    return found
