"""The one task of Django's in which our calls travel through a backend of TASKS."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from tasks_core import clock, compat, conf, executor, registry
from tasks_core.attempts import Attempt
from tasks_core.backends import job_backends
from tasks_core.exceptions import JobCancelled, UnsupportedFeature
from tasks_core.options import DEFAULT_QUEUE
from tasks_core.outcomes import Cancelled, Errored, Outcome, Snoozed, Succeeded
from tasks_core.signals import JobEnd, job_settled, job_started, jobs_ended
from tasks_core.states import JobState


def _some() -> dict[str, Any]:
    """Return an alias and a queue under which the task may be declared; each call says its own."""
    alias = conf.DEFAULT_ALIAS
    for name in job_backends:
        with suppress(ImproperlyConfigured):
            alias = getattr(job_backends[name], "tasks_alias", alias)
    queues = compat.task_backends[alias].queues
    return {"backend": alias, "queue_name": min(queues, default=DEFAULT_QUEUE)}


@compat.task(takes_context=True, **_some())  # type: ignore[untyped-decorator]
def run_call(
    context: compat.AnyContext,
    *,
    task: str,
    args: list[Any],
    kwargs: dict[str, Any],
    job: dict[str, Any],
) -> Any:
    """
    Run one call of ours in a worker of somebody else's: return its value or raise its error.

    ``task`` is looked up like every name from a store. How often it is tried is decided by who
    runs it; a Snooze stores the call again. ``job`` is its id, its backend in JOBS and its context.
    """
    registry.resolve(task)  # raises UnknownTask: nobody here knows how to put it off
    said = {"task": task, "args": args, "kwargs": kwargs, "context": job["context"]}
    attempt = _attempt(context, UUID(job["id"]), **said)
    sender = type(job_backends[job["backend"]])
    job_started.send_robust(sender, attempt=attempt)
    attempt.watch.start()
    outcome = executor.execute(attempt)
    seconds = attempt.watch.stop()
    job_settled.send_robust(sender, attempt=attempt, outcome=outcome, seconds=seconds)
    if not isinstance(outcome, Snoozed):
        end = JobEnd(attempt.job_id, _state(outcome), clock.now(), context=attempt.context)
        jobs_ended.send_robust(sender, alias=job["backend"], ends=[end])
    return _told(outcome, context.task_result)


def _attempt(given: compat.AnyContext, job_id: UUID, /, **said: Any) -> Attempt:
    result = given.task_result
    number = max(1, given.attempt)
    return Attempt(
        job_id=job_id,
        queue=result.task.queue_name,
        priority=result.task.priority,
        number=number,
        max_attempts=number,  # of another nobody here knows
        run_after=result.task.run_after or result.enqueued_at,
        **said,
    )


def _state(outcome: Outcome) -> JobState:
    match outcome:
        case Succeeded():
            return JobState.SUCCESSFUL
        case Cancelled():
            return JobState.CANCELLED
        case _:
            return JobState.FAILED


def _told(outcome: Outcome, result: compat.AnyResult) -> Any:
    match outcome:
        case Succeeded(value):
            return value
        case Errored(cause=BaseException() as cause):
            raise cause
        case Snoozed(delay):
            if not result.task.get_backend().supports_defer:
                raise UnsupportedFeature(
                    f"A task snoozed for {delay}, but {result.backend!r} of TASKS cannot defer."
                )
            later = result.task.using(run_after=clock.now() + delay)
            later.enqueue(*result.args, **result.kwargs)
            return None
        case _:
            raise JobCancelled
