"""What becomes of a job, by the outcome of its attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.outcomes import (
    AttemptError,
    Cancelled,
    Errored,
    Outcome,
    Snoozed,
    Succeeded,
)
from tasks_core.signals import JobEnd
from tasks_core.states import FINAL, JobState

S = JobState
MAX_ERRORS = 10  # tracebacks kept with one job, the newest
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # later than any wait; its local times still exist

Settled = tuple[Attempt, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What becomes of one job whose attempt has ended; None leaves a column as it is."""

    attempt: Attempt
    state: str
    reason: str = ""
    run_after: datetime | None = None
    finished_at: datetime | None = None
    started_at: datetime | None = None
    return_value: Any = None
    errors: list[dict[str, Any]] | None = None
    is_counted: bool = True

    @property
    def key(self) -> tuple[UUID, int]:
        return self.attempt.job_id, self.attempt.fence


def ended_as(attempt: Attempt, outcome: Outcome, *, now: datetime) -> Ended:
    match outcome:
        case Succeeded(value):
            return _final(attempt, S.SUCCESSFUL, now, return_value=value)
        case Cancelled(reason):
            return _final(attempt, S.CANCELLED, now, reason=reason)
        case Snoozed(delay, error):
            told = {} if error is None else {"errors": _errors(attempt, error)}
            return _again(attempt, _after(now, delay), is_counted=False, **told)
        case Errored(error, retry_in) if retry_in is not None and not attempt.is_last:
            return _again(attempt, _after(now, retry_in), errors=_errors(attempt, error))
        case Errored(error):
            errors = _errors(attempt, error)
            return _final(attempt, S.FAILED, now, reason=outcome.reason, errors=errors)


def _final(attempt: Attempt, state: JobState, now: datetime, **changes: Any) -> Ended:
    finished_at = now - attempt.watch.age  # a group, or an outage, may have kept it waiting
    return Ended(
        attempt=attempt,
        state=state.value,
        finished_at=finished_at,
        started_at=_started(attempt, finished_at),
        **changes,
    )


def _again(attempt: Attempt, run_after: datetime, **changes: Any) -> Ended:
    return Ended(attempt=attempt, state=S.SCHEDULED.value, run_after=run_after, **changes)


def _started(attempt: Attempt, ended: datetime) -> datetime | None:
    """Return when the user code really began; the claim could only note when it was claimed."""
    return None if attempt.watch.began is None else ended - timedelta(seconds=attempt.watch.seconds)


def _errors(attempt: Attempt, error: AttemptError) -> list[dict[str, Any]]:
    earlier = attempt.errors if isinstance(attempt.errors, list) else []  # somebody edited it
    return [*earlier, error.as_dict()][-MAX_ERRORS:]


def _after(now: datetime, delay: timedelta) -> datetime:
    try:
        return min(now + delay, FAR)
    except OverflowError:
        return FAR if delay > timedelta(0) else now


def ends_of(
    settled: Sequence[tuple[Attempt, Outcome]],
    states: Sequence[JobState | None],
    *,
    now: datetime,
) -> list[JobEnd]:
    """Return those of the settled attempts that were the last of their jobs."""
    return [
        JobEnd(attempt.job_id, state, now, getattr(outcome, "reason", ""), attempt.context)
        for (attempt, outcome), state in zip(settled, states, strict=True)
        if state is not None and state in FINAL
    ]
