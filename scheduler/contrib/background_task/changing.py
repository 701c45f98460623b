"""A stored task changed or removed, as a job or as a schedule; each by its own verb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from scheduler import conf, schedules
from scheduler.contrib.background_task import priorities, storing
from scheduler.contrib.background_task.models import Facts, Repetition, Task
from scheduler.exceptions import UnknownSchedule
from scheduler.models import Occurrence
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.options import DEFAULT_QUEUE, instant

# What a job that waits, and what a schedule can have changed.
OF_JOBS = frozenset({"run_at", "priority", "queue"})
DELETED, CHANGED = "its task was deleted", "its task was changed"
OF_SCHEDULES = OF_JOBS | {"repeat", "repeat_until", "verbose_name", "created_by", "task_params"}


def change(task: Task) -> None:
    """Store what differs from what is stored. Raises InvalidCall, Task.DoesNotExist."""
    with transaction.atomic(using=conf.database()):
        before = Task.objects.get(pk=task.pk)
        names = [field.attname for field in Task._meta.concrete_fields]
        changed = {name for name in names if getattr(task, name) != getattr(before, name)}
        possible = OF_SCHEDULES if before.job_id is None else OF_JOBS
        if changed - possible:
            raise InvalidCall(
                f"{', '.join(sorted(changed - possible))} of a stored task cannot be changed, only "
                f"{', '.join(sorted(possible))}: delete it, and call {task.task_name} again."
            )
        if changed and before.job_id is None:
            _begin_anew(task)
        elif changed:
            _reschedule(task, changed)
    task.refresh_from_db()


def delete(tasks: Iterable[Facts]) -> tuple[int, dict[str, int]]:
    """Remove them, with the schedules of those that repeat; return how many of what."""
    removed: Counter[str] = Counter()
    for task in tasks:
        with transaction.atomic(using=conf.database()):
            is_over = not isinstance(task, Task)
            ended = bool(not is_over and task.schedule_key and _end(task.schedule_key, DELETED))
            count = storing.backend().delete([task.job_id]) if task.job_id else 0
        removed[task._meta.label] += bool(ended or count)
    return sum(removed.values()), dict(+removed)


def _end(key: str, reason: str) -> bool:
    """Delete a schedule, and the job that its end may just have made of what was due."""
    alias = conf.database()
    try:
        schedules.delete(key, reason=reason)
    except UnknownSchedule:
        return False
    made = Occurrence.objects.using(alias).filter(schedule_key=key, batch="", job_state="")
    jobs = Job.objects.using(alias).filter(pk__in=made.values("job_id"), finished_at__isnull=True)
    storing.backend().delete(list(jobs.values_list("pk", flat=True)))
    return True


def _begin_anew(task: Task) -> None:
    """Let another schedule say what a task that waits says now; it may even be late already."""
    kept = Repetition.objects.using(conf.database()).get(pk=task.pk)
    task.repeat_on_failure = kept.on_failure
    _end(kept.schedule_id, CHANGED)
    storing.begin(task, task.pk)


def _reschedule(task: Task, changed: set[str]) -> None:
    values: dict[str, Any] = {}
    if "run_at" in changed:
        values["when"] = instant(task.run_at, what="run_at")  # type: ignore[arg-type]
    if "priority" in changed:
        values["priority"] = priorities.of_job(task.priority)
    if "queue" in changed:
        values["queue"] = task.queue or DEFAULT_QUEUE
    storing.backend().reschedule([task.job_id], **values)  # type: ignore[list-item]
    lasting = {name: values[name] for name in ("priority", "queue") if name in values}
    if task.schedule_key and lasting:
        schedules.change(task.schedule_key, reason=CHANGED, **lasting)
