"""What happened to jobs, told of tasks; and the end of a task that repeats and has failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from scheduler import conf, schedules
from scheduler.contrib.background_task import signals
from scheduler.contrib.background_task.changing import drop_waiting
from scheduler.contrib.background_task.models import CompletedTask, Repetition, Task
from scheduler.contrib.background_task.tasks import tasks
from scheduler.models import Occurrence, Schedule
from scheduler.signals import occurrences_failed
from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Errored, Outcome, Succeeded
from tasks_core.signals import job_settled, job_started


@receiver(job_started)
def tell_started(attempt: Attempt, **kwargs: Any) -> None:
    if attempt.task in tasks:
        signals.task_started.send_robust(sender=Task)


@receiver(job_settled)
def tell_settled(attempt: Attempt, outcome: Outcome, **kwargs: Any) -> None:
    if attempt.task not in tasks:
        return
    match outcome:
        case Succeeded():
            _tell_completed(signals.task_successful, attempt)
        case Errored():
            _tell_error(attempt, outcome)
    signals.task_finished.send_robust(sender=Task)


def _tell_error(attempt: Attempt, outcome: Errored) -> None:
    is_over = outcome.retry_in is None or attempt.is_last
    kind = Exception if outcome.cause is None else type(outcome.cause)
    if signals.task_error.has_listeners(kind) or signals.task_rescheduled.has_listeners(Task):
        task = _task(attempt.job_id, is_over=is_over)
        signals.task_error.send_robust(sender=kind, task=task)
        if not is_over:
            signals.task_rescheduled.send_robust(sender=Task, task=task)
    if is_over:
        _tell_completed(signals.task_failed, attempt)


def _tell_completed(signal: Any, attempt: Attempt) -> None:
    if signal.has_listeners(Task):
        completed = CompletedTask.objects.of_jobs([attempt.job_id]).first()
        task_id = None if completed is None else _id_before(completed)
        signal.send_robust(sender=Task, task_id=task_id, completed_task=completed)


def _task(job_id: UUID, *, is_over: bool) -> Task | None:
    if not is_over:
        found: Task | None = Task.objects.of_jobs([job_id]).first()
        return found
    completed = CompletedTask.objects.of_jobs([job_id]).first()
    if completed is None:
        return None
    values: dict[str, Any] = {
        each.attname: getattr(completed, each.attname) for each in Task._meta.fields
    }
    values["id"] = _id_before(completed)
    task = Task(**values)
    task._state.adding = False  # to save it would find that it has ended
    task.note_read()
    return task


def _id_before(completed: CompletedTask) -> UUID:
    """Return the id that the task had: one that repeats keeps its own through all its jobs."""
    kept = Repetition.objects.using(conf.database()).filter(schedule=completed.schedule_key)
    return kept.values_list("pk", flat=True).first() or completed.pk


@receiver(occurrences_failed)
def end_what_failed(job_ids: Sequence[UUID], **kwargs: Any) -> None:
    """
    End the schedules of tasks whose job has failed for good, unless they are to go on.

    In the transaction that notes the failure, whoever does: no process dies between the two.
    """
    for row in _ending(job_ids):
        until = max(clock.db_now(conf.database()), row.start_at or row.watermark)
        schedules.change(row.key, end_at=until, user=WHO, reason=WHY)
        drop_waiting(row.key)


WHO = "background_task"
WHY = "its task has failed for good; with repeat_on_failure=True it would go on"


def _ending(job_ids: Sequence[UUID]) -> list[Schedule]:
    """Return the schedules that are to end, of failures that nobody has noted yet."""
    alias = conf.database()
    failed = Occurrence.objects.using(alias).filter(job_id__in=job_ids, batch="", job_state="")
    repeating = Repetition.objects.using(alias).filter(on_failure=False)
    keys = repeating.filter(schedule__in=failed.values("schedule_key")).values("schedule_id")
    return list(Schedule.objects.using(alias).filter(key__in=keys, next_due_at__isnull=False))
