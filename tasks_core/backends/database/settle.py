"""running -> successful, failed, cancelled, scheduled: store how attempts ended."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F

from tasks_core.attempts import Attempt
from tasks_core.backends.database.rescue import LOST
from tasks_core.backends.database.transactions import in_transaction, is_outage
from tasks_core.models import Job, JobQuerySet
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Outcome, Snoozed, Succeeded
from tasks_core.states import FINAL, JobState

S = JobState
MAX_ERRORS = 10  # tracebacks kept with one job, the newest
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # later than any wait; its local times still exist

Settled = tuple[Attempt, Outcome]


def settle(alias: str, settled: Sequence[Settled], *, now: datetime) -> list[JobState | None]:
    """
    Store outcomes in one transaction; return each job's new state.

    None means that this process no longer owned the job and nothing was stored. When the
    group is refused, each outcome is stored on its own, and one that is refused again fails
    its job and no other. When the database is away, that is raised and nothing is decided.
    """
    try:
        return in_transaction(
            alias, lambda: [_settle_one(alias, *pair, now=now) for pair in settled]
        )
    except Exception as error:
        if is_outage(error):
            raise
        return [_settle_alone(alias, *pair, now=now) for pair in settled]


def _settle_one(
    alias: str, attempt: Attempt, outcome: Outcome, *, now: datetime
) -> JobState | None:
    mine = Job.objects.using(alias).filter(
        pk=attempt.job_id, claimed_by=attempt.owner, fence=attempt.fence
    )
    target, changes = _arrow(attempt, outcome, now)
    if _leave(mine, target, **changes) or _is_settled(alias, attempt, target):
        return target
    return None


def _is_settled(alias: str, attempt: Attempt, target: JobState) -> bool:
    """Say whether we stored it before and were not told: nobody else leaves fence and target so."""
    left = Job.objects.using(alias).filter(pk=attempt.job_id, fence=attempt.fence, state=target)
    return target in FINAL and left.exclude(reason=LOST).exists()


def _arrow(attempt: Attempt, outcome: Outcome, now: datetime) -> tuple[JobState, dict[str, Any]]:
    match outcome:
        case Succeeded(value):
            return S.SUCCESSFUL, _ended(now, return_value=value)
        case Cancelled(reason):
            return S.CANCELLED, _ended(now, reason=reason)
        case Snoozed(delay):
            return S.SCHEDULED, {"run_after": _after(now, delay), "attempts": F("attempts") - 1}
        case Errored(error, retry_in) if retry_in is not None and not attempt.is_last:
            return S.SCHEDULED, {
                "run_after": _after(now, retry_in),
                "errors": _errors(attempt, error),
            }
        case Errored(error):
            return S.FAILED, _ended(now, reason=outcome.reason, errors=_errors(attempt, error))


def _ended(now: datetime, **changes: Any) -> dict[str, Any]:
    return {"finished_at": now, "active_key": None, **changes}


def _leave(mine: JobQuerySet, target: JobState, **changes: Any) -> int:
    return mine.move(S.RUNNING, target, claimed_by=None, **changes)


def _errors(attempt: Attempt, error: AttemptError) -> list[dict[str, Any]]:
    earlier = attempt.errors if isinstance(attempt.errors, list) else []  # somebody edited it
    return [*earlier, error.as_dict()][-MAX_ERRORS:]


def _after(now: datetime, delay: timedelta) -> datetime:
    try:
        return min(now + delay, FAR)
    except OverflowError:
        return FAR if delay > timedelta(0) else now


def _settle_alone(
    alias: str, attempt: Attempt, outcome: Outcome, *, now: datetime
) -> JobState | None:
    try:
        return in_transaction(alias, lambda: _settle_one(alias, attempt, outcome, now=now))
    except Exception as error:
        if is_outage(error):
            raise
        refused = Errored(AttemptError.of(error, attempt=attempt.number, at=now), reason="result")
        return in_transaction(alias, lambda: _settle_one(alias, attempt, refused, now=now))
