"""running -> successful, failed, cancelled, scheduled: store how attempts ended."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.database import statements
from tasks_core.backends.database.statements.asked import Ended
from tasks_core.backends.database.transactions import in_one_statement, is_outage
from tasks_core.backends.database.wakeup.telling import DEFERRED, wake_after_commit
from tasks_core.models import Job
from tasks_core.outcomes import (
    LOST,
    AttemptError,
    Cancelled,
    Errored,
    Outcome,
    Snoozed,
    Succeeded,
)
from tasks_core.states import FINAL, JobState

S = JobState
MAX_ERRORS = 10  # tracebacks kept with one job, the newest
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # later than any wait; its local times still exist

Settled = tuple[Attempt, Outcome]
Key = tuple[UUID, int]


def settle(alias: str, settled: Sequence[Settled], *, now: datetime) -> list[JobState | None]:
    """
    Store outcomes with one statement; return each job's new state.

    None means that this process no longer owned the job and nothing was stored. When the
    group is refused, each outcome is stored on its own, and one that is refused again fails
    its job and no other. When the database is away, that is raised and nothing is decided.
    """
    ended = [_end(*pair, now=now) for pair in settled]
    try:
        stored = _store(alias, ended)
    except Exception as error:
        if is_outage(error):
            raise
        return [_settle_alone(alias, each, now=now) for each in ended]
    return _states(alias, ended, stored)


def _store(alias: str, ended: Sequence[Ended]) -> set[Key]:
    stored: set[Key] = in_one_statement(alias, lambda: statements.of(alias).settle(alias, ended))
    if any(each.state == S.SCHEDULED for each in ended):
        wake_after_commit(alias, [DEFERRED])  # it may be due before those that workers know of
    return stored


def _states(alias: str, ended: Sequence[Ended], stored: set[Key]) -> list[JobState | None]:
    """Return the states; what was not stored now may have been before, and we were not told."""
    missing = [each for each in ended if each.key not in stored]
    known = stored | _settled_before(alias, missing) if missing else stored
    return [JobState(each.state) if each.key in known else None for each in ended]


def _settled_before(alias: str, ended: Iterable[Ended]) -> set[Key]:
    """Return those that we stored without being told: nobody else leaves fence and state so."""
    wanted = {each.key: each.state for each in ended if each.state in FINAL}
    rows = Job.objects.using(alias).filter(pk__in=[pk for pk, _ in wanted]).exclude(reason=LOST)
    found = rows.values_list("pk", "fence", "state")
    return {(pk, fence) for pk, fence, state in found if wanted.get((pk, fence)) == state}


def _end(attempt: Attempt, outcome: Outcome, *, now: datetime) -> Ended:
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


def _settle_alone(alias: str, ended: Ended, *, now: datetime) -> JobState | None:
    try:
        stored = _store(alias, [ended])
    except Exception as error:
        if is_outage(error):
            raise
        attempt = ended.attempt
        refused = Errored(AttemptError.of(error, attempt=attempt.number, at=now), reason="result")
        ended = _end(attempt, refused, now=now)
        stored = _store(alias, [ended])
    return _states(alias, [ended], stored)[0]
