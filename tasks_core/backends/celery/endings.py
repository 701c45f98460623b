"""Outcome -> what is known of the job, and the message of its next attempt if there is one."""

from datetime import datetime
from typing import Any

from tasks_core.attempts import Attempt
from tasks_core.backends.celery.messages import Message
from tasks_core.backends.served.ended import ended_as
from tasks_core.outcomes import AttemptError, Cancelled, Outcome, Snoozed, storable
from tasks_core.results import Snapshot
from tasks_core.states import FINAL, JobState

MAX_TRACEBACK = 2_000  # characters of each earlier one, since they travel with every attempt

Ending = tuple[Snapshot, Message | None]


def ending(message: Message, attempt: Attempt, outcome: Outcome, *, now: datetime) -> Ending:
    """Return the job as it is after this outcome, and its next message unless it has ended."""
    ended = ended_as(attempt, outcome, now=now)
    errors = message.errors if ended.errors is None else ended.errors
    known = begun(message, attempt).but(
        status=JobState(ended.state),
        value=ended.return_value,
        reason=ended.reason,
        errors=[AttemptError(**error) for error in errors],
        attempts=message.number if _counts(attempt, outcome) else message.number - 1,
    )
    if known.status in FINAL or ended.run_after is None:
        return known, None
    following = message.but(
        run_after=ended.run_after,
        waits=ended.run_after > now,
        number=known.attempts + 1,
        errors=[_short(error) for error in errors],
    )
    return known, following


def begun(message: Message, attempt: Attempt) -> Snapshot:
    """Return what is known of a job that runs."""
    return Snapshot(
        id=message.id,
        status=JobState.RUNNING,
        attempts=message.number,
        errors=[AttemptError(**error) for error in message.errors],
        progress=attempt.progress.newest,
    )


def _counts(attempt: Attempt, outcome: Outcome) -> bool:
    """Say whether this attempt is one of those that the job has had."""
    if isinstance(outcome, Cancelled):
        return attempt.watch.began is not None
    return not isinstance(outcome, Snoozed)


def _short(error: dict[str, Any]) -> dict[str, Any]:
    if len(error["traceback"]) < 2 * MAX_TRACEBACK:
        return error  # it was cut already, or need not be
    return {**error, "traceback": storable(error["traceback"], MAX_TRACEBACK, keep_end=True)}
