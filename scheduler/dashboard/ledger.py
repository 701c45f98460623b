"""The newest lines of the ledger, each with what became of its job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduler import conf
from scheduler.choices import Outcome, Reason
from scheduler.dashboard.jobs import job_database
from scheduler.dashboard.spans import span
from scheduler.models import Occurrence
from tasks_core.models import Job

SKIPPED = "skipped"
UNKNOWN = "unknown"  # the job was pruned, or is in a backend that does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: due, decided, and what it came to."""

    id: int
    schedule_key: str
    due_at: datetime
    until_at: datetime
    count: int | None
    state: str
    reason: str
    lag_seconds: float
    ended_at: datetime | None
    job_id: str
    is_manual: bool

    @property
    def lag(self) -> str:
        return span(self.lag_seconds)


@dataclass(slots=True)
class Row:
    """The columns of an occurrence that say what it came to."""

    pk: int
    schedule_key: str
    due_at: datetime
    until_at: datetime
    count: int | None
    outcome: str
    job_id: UUID | None
    job_state: str
    recorded_at: datetime


def newest(*, now: datetime, limit: int) -> list[Entry]:
    """Return what was decided last, newest first."""
    rows = list(Occurrence.objects.using(conf.database()).order_by("-recorded_at", "-pk")[:limit])
    states = states_of(rows)
    return [
        Entry(
            id=row.pk,
            schedule_key=row.schedule_key,
            due_at=row.due_at,
            until_at=row.until_at,
            count=row.count,
            state=states[row.pk],
            reason=str(Reason(row.reason).label) if row.reason else "",
            lag_seconds=max(0.0, (row.recorded_at - row.until_at).total_seconds()),
            ended_at=row.ended_at,
            job_id=str(row.job_id or ""),
            is_manual=bool(row.batch),
        )
        for row in rows
    ]


def states_of(rows: Iterable[Occurrence | Row]) -> dict[int, str]:
    """Return for each occurrence what it is now: skipped, or the state of its job."""
    rows = list(rows)
    open_ids = [row.job_id for row in rows if row.job_id and not row.job_state]
    living = living_states(open_ids)
    return {row.pk: state_of(row, living) for row in rows}


def state_of(row: Occurrence | Row, living: dict[UUID, str]) -> str:
    if row.outcome == Outcome.SKIPPED:
        return SKIPPED
    return row.job_state or living.get(row.job_id or UUID(int=0), UNKNOWN)


def living_states(ids: list[UUID]) -> dict[UUID, str]:
    """Return the states of jobs whose end has not been noted; those not found are left out."""
    if not ids:
        return {}
    jobs = Job.objects.using(job_database()).filter(pk__in=ids)
    return dict(jobs.values_list("pk", "state"))
