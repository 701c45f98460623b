"""A task -> a job, or a schedule if it repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from scheduler import conf, schedules
from scheduler.contrib.background_task import priorities, signals
from scheduler.contrib.background_task.models import Repetition, Task
from scheduler.contrib.background_task.querysets import TaskQuerySet, params_text
from scheduler.contrib.background_task.settings import app_settings
from scheduler.contrib.background_task.tasks import tasks
from scheduler.contrib.background_task.when import TaskSchedule
from scheduler.due.gates import MICROSECOND
from scheduler.models import Schedule
from scheduler.triggers import At, Every
from tasks_core import Call, background, clock, ids, job_backends
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.options import CHECKS, DEFAULT_QUEUE, instant
from tasks_core.preparation import accepted

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend

# A run waits for the one before it, however long that waits to be tried again.
PATIENCE = timedelta(days=3650)
LONGEST_NAME = 200  # in a key, beside an id


def put(
    name: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    action: int = TaskSchedule.SCHEDULE,
    repeat_on_failure: bool = False,
    **options: Any,
) -> Task | None:
    """Store a call, or do to what exists as ``action`` says: then None is returned."""
    with transaction.atomic(using=backend().database):
        task = Task.objects.new_task(name, args, kwargs, **options)
        task.repeat_on_failure = repeat_on_failure
        if action != TaskSchedule.SCHEDULE and _exists(task, action):
            return None
        task.save()
    signals.task_created.send_robust(sender=Task, task=task)
    return task


def _exists(task: Task, action: int) -> bool:
    existing: TaskQuerySet = Task.objects.same_as(task).unlocked()
    if task.queue:
        existing = existing.filter(queue=task.queue)
    if action == TaskSchedule.CHECK_EXISTING:
        return existing.exists()
    run_at = task.run_at or clock.db_now(existing.db)
    return existing.update(run_at=run_at, priority=task.priority) > 0


def vet(task: Task) -> None:
    """Raise InvalidCall for a task that cannot be stored."""
    func = tasks.known(task.task_name)
    _repeats(task)
    args, kwargs = task.params()
    accepted(backend(), "enqueue", Call(func, args, kwargs, **_options(task)))


def store(task: Task) -> None:
    """Store a task that is new, and let it say what is stored."""
    tasks.known(task.task_name)
    if _repeats(task):
        begin(task, ids.job_id())
    else:
        _enqueue(task)
    task._state.adding, task._state.db = False, backend().database
    task.note_read()


def _repeats(task: Task) -> bool:
    """Say whether there is to be more than one run."""
    if not _interval(task) or task.repeat_until is None:
        return bool(_interval(task))
    return instant(task.repeat_until, what="repeat_until") > _first(task)


def _interval(task: Task) -> timedelta:
    try:
        return timedelta(seconds=max(task.repeat, 0))
    except (OverflowError, TypeError, ValueError):
        raise InvalidCall(
            f"repeat must be seconds, such as Task.DAILY, or 0 for never, not {task.repeat!r:.80}."
        ) from None


def _first(task: Task) -> datetime:
    if task.run_at is None:
        return clock.db_now(conf.database())
    return instant(task.run_at, what="run_at")


def _enqueue(task: Task) -> None:
    args, kwargs = task.params()
    door, func = background.on(backend().alias), tasks.known(task.task_name)
    options: Any = {
        **_options(task),
        "timeout": app_settings.timeout,
        "label": task.verbose_name or "",
        "creator": task.created_by,
    }
    if task.run_at is None:
        stored = door.enqueue(func, args, kwargs, **options)
    else:
        stored = door.defer(func, args, kwargs, when=task.run_at, **options)
    job = Job.objects.using(backend().database).get(pk=stored.id)
    task.id = task.job_id = job.pk
    task.run_at, task.verbose_name = job.run_after, job.label or None
    _say(task, job, repeat=Task.NEVER, repeat_until=None)


def begin(task: Task, pk: UUID) -> None:
    """
    Make the schedule of a task that repeats; its first due time may be over already.

    Of one that is told to repeat no more, too: what is known of it by its id remains so.
    """
    args, kwargs = task.params()
    first, interval = _first(task), _interval(task)
    row = schedules.create(
        _key(task),
        reason=f"repeat={task.repeat}",
        since=first - MICROSECOND,
        task=tasks.known(task.task_name),
        trigger=Every(interval, anchor=first) if interval else At(first),
        start_at=first,
        end_at=task.repeat_until if interval else None,
        args=args,
        kwargs=kwargs,
        backend=backend().alias,
        overlap_timeout=PATIENCE,
        **_options(task),
    )
    kept = Repetition.objects.using(conf.database()).create(
        id=pk,
        schedule=row,
        verbose_name=CHECKS["label"](task.verbose_name),
        creator=CHECKS["creator"](task.created_by),
        repeat=task.repeat,
        repeat_until=row.end_at,
        on_failure=task.repeat_on_failure,
    )
    row.refresh_from_db(fields=["args", "kwargs"])  # databases write numbers in ways of their own
    task.id, task.schedule_key = pk, row.key
    task.run_at, task.verbose_name = row.next_due_at, kept.verbose_name or None
    _say(task, row, repeat=task.repeat, repeat_until=row.end_at)


def _say(task: Task, row: Job | Schedule, *, repeat: int, repeat_until: datetime | None) -> None:
    """Let a task say what its row does, as if it had been read."""
    task.task_params = params_text(row.args, row.kwargs)
    task.queue = None if row.queue == DEFAULT_QUEUE else row.queue
    task.priority = priorities.of_row(row.priority)
    task.repeat, task.repeat_until = repeat, repeat_until


def _options(task: Task) -> dict[str, Any]:
    return {
        "priority": priorities.of_job(task.priority),
        "queue": task.queue or DEFAULT_QUEUE,
        "max_attempts": app_settings.MAX_ATTEMPTS,
    }


def _key(task: Task) -> str:
    """Return a key that people can read, and that no other schedule has or had."""
    named = task.verbose_name or task.task_name
    readable = "".join(each if each.isprintable() else " " for each in named)
    return f"{readable.strip()[:LONGEST_NAME]} {ids.job_id()}".strip()


def backend() -> DatabaseBackend:
    """Return the backend that keeps the tasks. Raises ImproperlyConfigured if it cannot."""
    found = job_backends[app_settings.BACKGROUND_TASK_BACKEND]
    if why := why_not(found):
        raise ImproperlyConfigured(why)
    return found  # type: ignore[return-value]


def why_not(found: Any) -> str:
    """Return why a backend cannot keep background tasks; nothing if it can."""
    from tasks_core.backends.database import DatabaseBackend

    if not isinstance(found, DatabaseBackend):
        return f"Background tasks are rows of a database, and {found} keeps none."
    if found.database != conf.database():
        return (
            f"Background tasks that repeat are schedules, which are kept in {conf.database()!r}; "
            f"{found} keeps its jobs in {found.database!r}."
        )
    return ""
