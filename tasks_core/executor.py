"""Running attempt -> outcome. The only place that calls user code."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from asgiref.sync import async_to_sync

from tasks_core import clock, conf, payloads, registry, retries
from tasks_core.attempts import Attempt
from tasks_core.definition import Task
from tasks_core.exceptions import (
    ForgedJob,
    InvalidCall,
    JobCancelled,
    JobInterrupted,
    RowGone,
    TimeLimitExceeded,
    UnknownTask,
)
from tasks_core.outcomes import (
    FORGED,
    LOST,
    UNKNOWN_TASK,
    AttemptError,
    Cancelled,
    Errored,
    Outcome,
    Snooze,
    Snoozed,
    Succeeded,
)


def execute(attempt: Attempt) -> Outcome:
    """Run one job in this thread and say how it ended, whatever the job did."""
    try:
        task = _task_of(attempt)
        function = async_to_sync(task.func) if task.is_async else task.func
        return _returned(attempt, function(*_arguments(task, attempt), **attempt.kwargs))
    except BaseException as error:  # noqa: BLE001 - a job's sys.exit() is the job's error, not ours
        return raised(attempt, error)


async def aexecute(attempt: Attempt) -> Outcome:
    """Run one coroutine job on this event loop and say how it ended."""
    try:
        task = _task_of(attempt)
        return _returned(attempt, await task.func(*_arguments(task, attempt), **attempt.kwargs))
    except BaseException as error:  # noqa: BLE001 - as above; its own cancellation, too
        return raised(attempt, error)


def is_async(attempt: Attempt) -> bool:
    """Say whether the job is a coroutine. May import its module, which may take its time."""
    try:
        return _task_of(attempt).is_async
    except BaseException:  # noqa: BLE001 - whatever an import may raise; execute() will tell
        return False


def _task_of(attempt: Attempt) -> Task[Any, Any]:
    if attempt.refused:
        raise ForgedJob(attempt.refused)  # before anything is imported
    return registry.resolve(attempt.task)


def _arguments(task: Task[Any, Any], attempt: Attempt) -> list[Any]:
    if not task.takes_context:
        return attempt.args
    context = task.context_of(attempt) if task.context_of else attempt.job_context()
    return [context, *attempt.args]


def _returned(attempt: Attempt, value: Any) -> Outcome:
    if value is None:
        return Succeeded()
    try:
        return Succeeded(payloads.normal(value, what="The return value"))
    except InvalidCall as error:  # it would return the same again
        return Errored(_kept(attempt, error), reason="result", cause=error)


def raised(attempt: Attempt, error: BaseException) -> Outcome:
    """Return the outcome of a job that raised ``error``."""
    if isinstance(error, Snooze):
        return Snoozed(error.delay)
    if isinstance(error, JobCancelled):
        return Cancelled()
    now = clock.now()  # read once: what is written down is what was decided by
    kept = _kept(attempt, error, at=now)
    if isinstance(error, UnknownTask):
        return _unknown(attempt, kept, error, now=now)
    if isinstance(error, ForgedJob):
        return Errored(kept, reason=FORGED, cause=error)
    if isinstance(error, JobInterrupted):  # nothing is wrong with it: it need not wait
        return Errored(kept, retry_in=timedelta(0), reason=LOST, cause=error)
    reason = "timeout" if isinstance(error, TimeLimitExceeded) else "error"
    return Errored(kept, retry_in=_retry_in(attempt, error), reason=reason, cause=error)


def _unknown(attempt: Attempt, kept: AttemptError, error: UnknownTask, *, now: datetime) -> Outcome:
    """Put it off, uncounted, while a deploy may go on: a worker of another release may know it."""
    waited = now - _unknown_since(attempt, default=now)
    left = conf.get("UNKNOWN_TASK_GRACE") - waited
    if left <= timedelta(0):
        return Errored(kept, reason=UNKNOWN_TASK, cause=error)
    return Snoozed(min(retries.after_refusal(waited), left), error=kept)


def _unknown_since(attempt: Attempt, *, default: datetime) -> datetime:
    """Return when the first worker of those that came last did not know the task."""
    try:
        of_late = takewhile(_is_unknown_task, reversed(attempt.errors))
        return min((datetime.fromisoformat(each["at"]) for each in of_late), default=default)
    except Exception:  # noqa: BLE001 - somebody edited the row
        return datetime.min.replace(tzinfo=UTC)


def _is_unknown_task(error: dict[str, Any]) -> bool:
    return bool(error["exception"] == f"{UnknownTask.__module__}.{UnknownTask.__qualname__}")


def _kept(attempt: Attempt, error: BaseException, *, at: datetime | None = None) -> AttemptError:
    return AttemptError.of(error, attempt=attempt.number, at=at or clock.now())


def _retry_in(attempt: Attempt, error: BaseException) -> timedelta | None:
    if isinstance(error, RowGone):
        return None
    try:
        task = registry.resolve(attempt.task)
        if task.gives_up is not None and task.gives_up(attempt.number, error):
            return None
        return retries.delay(attempt.number, task.backoff)
    except BaseException:  # noqa: BLE001 - a task's own back-off function is user code too
        return retries.delay(attempt.number)
