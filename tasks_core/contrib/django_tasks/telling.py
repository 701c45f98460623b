"""Our signals -> Django's: a task has started, and has finished."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from django.dispatch import receiver

from tasks_core import clock, compat, registry
from tasks_core.attempts import Attempt
from tasks_core.contrib.django_tasks import results
from tasks_core.exceptions import UnknownTask
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Outcome, Snoozed, Succeeded
from tasks_core.results import Snapshot
from tasks_core.signals import job_settled, job_started
from tasks_core.states import JobState


@receiver(job_started)
def tell_started(attempt: Attempt, **kwargs: Any) -> None:
    """``task_started``: for each attempt, since each of them runs the task."""
    foreign = _foreign(attempt)
    if foreign is not None:
        result = results.running(foreign, attempt)
        compat.task_started.send_robust(_sender(result), task_result=result)


@receiver(job_settled)
def tell_finished(attempt: Attempt, outcome: Outcome, seconds: float, **kwargs: Any) -> None:
    """``task_finished``: once, when no attempt is left."""
    foreign = _foreign(attempt)
    shown = None if foreign is None else _final(attempt, outcome)
    if foreign is None or shown is None:
        return
    finished_at = clock.now()
    times = {"started_at": finished_at - timedelta(seconds=seconds), "finished_at": finished_at}
    result = results.attempted(foreign, attempt, shown, **times)
    try:
        # Receivers see what the task raised: Django's own logs it, and monitors watch for that.
        if isinstance(outcome, Errored) and outcome.cause is not None:
            raise outcome.cause  # noqa: TRY301 - what logging asks for is what is being handled
    except BaseException:  # noqa: BLE001 - a task may raise any; it was dealt with long ago
        compat.task_finished.send_robust(_sender(result), task_result=result)
    else:
        compat.task_finished.send_robust(_sender(result), task_result=result)


def _final(attempt: Attempt, outcome: Outcome) -> Snapshot | None:
    """Return the job as the outcome leaves it, or None if it runs again."""
    shown = Snapshot(
        id=attempt.job_id,
        attempts=attempt.number,
        errors=[AttemptError(**error) for error in attempt.errors],
    )
    match outcome:
        case Succeeded(value):
            return shown.but(status=JobState.SUCCESSFUL, value=value)
        case Errored(error, retry_in) if retry_in is None or attempt.is_last:
            return shown.but(status=JobState.FAILED, errors=[*shown.errors, error])
        case Cancelled(reason):
            return shown.but(status=JobState.CANCELLED, reason=reason)
        case Errored() | Snoozed():
            return None


def _foreign(attempt: Attempt) -> compat.AnyTask | None:
    """Return the task of Django's that the job runs, if its backend is ours."""
    known = registry.declared().get(attempt.task)
    if known is None and not _is_strange(attempt):
        return None
    try:
        foreign: compat.AnyTask | None = (known or registry.resolve(attempt.task)).foreign
    except UnknownTask:
        return None
    return foreign


def _is_strange(attempt: Attempt) -> bool:
    """Say whether nobody here can know yet: its module, which may declare it, is not imported."""
    module = attempt.task.rpartition(".")[0]
    return results.BACKEND in attempt.context or module not in sys.modules


def _sender(result: compat.AnyResult) -> type[compat.BaseTaskBackend]:
    return type(compat.task_backends[result.backend])
