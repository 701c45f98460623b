"""
The table of django-background-tasks, whether the package is still installed or not.

A row with ``repeat`` is a schedule that counts from its ``run_at``; one without is a call that
waits, and becomes a job. What has failed for good is over, and what a worker runs right now is
left to it. Its tasks go by the names of their functions.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.apps.registry import Apps
from django.conf import settings
from django.db import DatabaseError, models

from scheduler.exceptions import InvalidTrigger, OperationRefused
from scheduler.importing import priorities
from scheduler.importing.origin import Origin
from scheduler.importing.readings import (
    Found,
    Over,
    Reading,
    Unread,
    Untranslatable,
    Waiting,
    read_each,
)
from scheduler.triggers import Every
from tasks_core import Call

CHAIN = (
    "There a repetition is made when a run ends, and one that fails for good ends the chain; here "
    "the next due time comes all the same."
)
OVERDUE = "It was due at {}; there it would run once at once, here it is due next with the others."
RUNNING = (
    "Row {0.pk}, {0.task_name}, is left out: a worker has had it since {0.locked_at}. Import again "
    "when none runs there; what failed waits again then."
)
NEXT = "It runs right now there; here it is due next with the others."
ATTEMPTS = (
    "A task that raises is tried MAX_ATTEMPTS times there, {}; here as often as "
    '@task(max_attempts=) or TASKS_CORE["MAX_ATTEMPTS"] says.'
)
TABLE = "background_task"


def read(origin: Origin) -> Found:
    try:
        rows = list(_model().objects.using(origin.database).order_by("run_at", "pk"))
    except DatabaseError as error:
        raise OperationRefused(f"The table {TABLE} cannot be read: {error}") from error
    waiting = [row for row in rows if _is_waiting(row)]
    running = [row for row in waiting if _is_running(row, origin)]
    jobs = [_job(row, origin) for row in waiting if row not in running]
    others = sorted((row for row in rows if not _is_waiting(row)), key=_place)
    unread = [Unread(_key(row), row.task_name, partial(_schedule, row, origin)) for row in others]
    notes = [CHAIN] * bool(others) + [RUNNING.format(row) for row in running]
    if rows:
        notes.insert(0, ATTEMPTS.format(getattr(settings, "MAX_ATTEMPTS", 25)))
    return Found(schedules=read_each(unread), jobs=jobs, notes=tuple(notes))


def _is_waiting(row: Any) -> bool:
    return row.repeat <= 0 and not row.failed_at


def _is_running(row: Any, origin: Origin) -> bool:
    """Say whether a worker has it: as the package does, which takes it back after MAX_RUN_TIME."""
    longest = timedelta(seconds=getattr(settings, "MAX_RUN_TIME", 3600))
    is_locked = row.locked_by is not None and row.locked_at is not None
    return is_locked and row.locked_at >= origin.now - longest


def _place(row: Any) -> tuple[Any, ...]:
    """Return what stays from run to run: by their next runs, numbers of keys would change."""
    return row.failed_at is not None, row.repeat, row.run_at, row.pk


def _model() -> Any:
    """Return a model of the columns that are read, known to nobody else."""

    class Row(models.Model):
        task_name = models.CharField(max_length=190)
        task_params = models.TextField()
        task_hash = models.CharField(max_length=40)
        verbose_name = models.CharField(max_length=255, null=True)
        priority = models.IntegerField()
        run_at = models.DateTimeField()
        repeat = models.BigIntegerField()
        repeat_until = models.DateTimeField(null=True)
        queue = models.CharField(max_length=190, null=True)
        failed_at = models.DateTimeField(null=True)
        locked_by = models.CharField(max_length=64, null=True)
        locked_at = models.DateTimeField(null=True)

        class Meta:
            apps = Apps()
            app_label = "tasks_scheduler"
            managed = False
            db_table = TABLE

        def __str__(self) -> str:
            return str(self.verbose_name or self.task_name)

    return Row


def _key(row: Any) -> str:
    """Return a key that is the same at every import: a row lives until its next run only."""
    args, kwargs = _params(row)
    return f"{row.task_name}-{row.task_hash[:8]}" if args or kwargs else str(row.task_name)


def _schedule(row: Any, origin: Origin) -> Reading:
    if row.failed_at:
        raise Over(f"It failed for good at {row.failed_at:%Y-%m-%d %H:%M} UTC and runs no more.")
    try:
        trigger = Every(timedelta(seconds=row.repeat), anchor=row.run_at)
    except InvalidTrigger as error:
        raise Untranslatable(str(error)) from error
    args, kwargs = _params(row)
    options, noted = _options(row)
    if row.run_at > origin.now:
        options["start_at"] = row.run_at.isoformat()
    else:
        noted.append(NEXT if _is_running(row, origin) else OVERDUE.format(row.run_at))
    if row.repeat_until:
        options["end_at"] = row.repeat_until.isoformat()
    return Reading(
        key=_key(row),
        task=origin.task(row.task_name),
        trigger=trigger,
        options={"args": args, "kwargs": kwargs, **options},
        notes=tuple(noted),
    )


def _job(row: Any, origin: Origin) -> Waiting:
    args, kwargs = _params(row)
    options, _ = _options(row)
    # The same at every import, so that nothing is stored twice.
    identity = uuid5(NAMESPACE_URL, f"django-background-tasks:{row.pk}:{row.task_hash}")
    call = Call(
        origin.task(row.task_name),
        args,
        kwargs,
        when=row.run_at,
        label=row.verbose_name or "",
        id=identity,
        **options,
    )
    return Waiting(key=f"job {row.pk}", call=call)


def _options(row: Any) -> tuple[dict[str, Any], list[str]]:
    # ASC lets low numbers come first, as Unix does; DESC is the package's default.
    is_reversed = getattr(settings, "BACKGROUND_TASK_PRIORITY_ORDERING", "DESC") == "ASC"
    priority, told = priorities.clamped(row.priority, is_reversed=is_reversed)
    options: dict[str, Any] = {"priority": priority} if priority else {}
    if row.queue:
        options["queue"] = row.queue
    return options, [told] * bool(told)


def _params(row: Any) -> tuple[list[Any], dict[str, Any]]:
    args, kwargs = json.loads(row.task_params)
    return list(args), {str(name): value for name, value in kwargs.items()}
