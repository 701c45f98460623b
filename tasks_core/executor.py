"""Running attempt -> outcome. The only place that calls user code."""

import asyncio
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync

from tasks_core import clock, payloads, registry, retries
from tasks_core.attempts import Attempt
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall, UnknownTask
from tasks_core.outcomes import AttemptError, Errored, Outcome, Snooze, Snoozed, Succeeded


def execute(attempt: Attempt) -> Outcome:
    """Run one job in this thread and say how it ended, whatever the job did."""
    try:
        task = registry.resolve(attempt.task)
        function = async_to_sync(task.func) if task.is_async else task.func
        return _returned(attempt, function(*_arguments(task, attempt), **attempt.kwargs))
    except BaseException as error:  # noqa: BLE001 - a job's sys.exit() is the job's error, not ours
        return _raised(attempt, error)


async def aexecute(attempt: Attempt) -> Outcome:
    """Run one coroutine job on this event loop and say how it ended."""
    try:
        task = registry.resolve(attempt.task)
        return _returned(attempt, await task.func(*_arguments(task, attempt), **attempt.kwargs))
    except asyncio.CancelledError as error:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise  # the loop is being closed: the job did not end, it was left
        return _raised(attempt, error)
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(attempt, error)


def is_async(attempt: Attempt) -> bool:
    """Say whether the job is a coroutine; a job that cannot be resolved is not."""
    try:
        return registry.resolve(attempt.task).is_async
    except Exception:  # noqa: BLE001 - the module may fail to import; execute() will say so
        return False


def _arguments(task: Task[Any, Any], attempt: Attempt) -> list[Any]:
    return [attempt.job_context(), *attempt.args] if task.takes_context else attempt.args


def _returned(attempt: Attempt, value: Any) -> Outcome:
    try:
        return Succeeded(payloads.normal(value, what="The return value"))
    except InvalidCall as error:  # it would return the same again
        return Errored(_kept(attempt, error), reason="result", cause=error)


def _raised(attempt: Attempt, error: BaseException) -> Outcome:
    if isinstance(error, Snooze):
        return Snoozed(error.delay)
    kept = _kept(attempt, error)
    if isinstance(error, UnknownTask):
        return Errored(kept, reason="unknown task", cause=error)
    return Errored(kept, retry_in=_retry_in(attempt), cause=error)


def _kept(attempt: Attempt, error: BaseException) -> AttemptError:
    return AttemptError.of(error, attempt=attempt.number, at=clock.now())


def _retry_in(attempt: Attempt) -> timedelta:
    try:
        return retries.delay(attempt.number, registry.resolve(attempt.task).backoff)
    except BaseException:  # noqa: BLE001 - a task's own back-off function is user code too
        return retries.delay(attempt.number)
