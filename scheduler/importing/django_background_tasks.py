"""
The table of django-background-tasks, whether the package is still installed or not.

A row with ``repeat`` is a schedule that counts from its ``run_at``; one without is a call that
waits, and becomes a job. What has failed for good is over, and what a worker runs right now is
left to it. Its tasks go by the names of their functions. One that is declared with our
``@background`` becomes a task of ``scheduler.contrib.background_task``, which code finds there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings

from scheduler.exceptions import InvalidTrigger
from scheduler.importing import background_rows, priorities
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

NOTHING = "Its table is empty. --database names another database."
COMPANION = "scheduler.contrib.background_task"
CHAIN = (
    "There a repetition is made when a run ends, and one that fails for good ends the chain; here "
    "the next due time comes all the same."
)
OVERDUE = "It was due at {}; there it would run once at once, here it is due next with the others."
OVERDUE_KEPT = "It was due at {}, and runs once at once, here as there."
RUNNING = (
    "Row {0.pk}, {0.task_name}, is left out: a worker has had it since {0.locked_at}. Import again "
    "when none runs there; what failed waits again then."
)
NEXT = "It runs right now there; here it is due next with the others."
ATTEMPTS = (
    "A task that raises is tried MAX_ATTEMPTS times there, {}; here as often as "
    '@task(max_attempts=) or TASKS_CORE["MAX_ATTEMPTS"] says.'
)
TRIED = "It has failed {} of these times there; here the count begins anew."
UNSAID = "A schedule has no place for its {}."
KEPT = (
    f"It becomes a task of {COMPANION}, where Task.objects finds it: so it is imported, and not "
    "pasted into settings."
)


def read(origin: Origin) -> Found:
    rows = background_rows.rows(origin.database)
    waiting = [row for row in rows if background_rows.runs_once(row) and not row.failed_at]
    running = [row for row in waiting if background_rows.is_running(row, origin.now)]
    jobs = [_job(row, origin) for row in waiting if row not in running]
    others = sorted((row for row in rows if row not in waiting), key=_place)
    unread = [
        Unread(background_rows.key(row), row.task_name, partial(_schedule, row, origin))
        for row in others
    ]
    schedules = read_each(unread)
    notes = [RUNNING.format(row) for row in running]
    if any(not (each.keep or each.is_over) for each in schedules):
        notes.insert(0, CHAIN)
    if not all(_is_kept(origin.here(row.task_name)) for row in rows):
        notes.insert(0, ATTEMPTS.format(getattr(settings, "MAX_ATTEMPTS", 25)))
    return Found(schedules=schedules, jobs=jobs, notes=tuple(notes))


def _place(row: Any) -> tuple[Any, ...]:
    """Return what stays from run to run: by their next runs, numbers of keys would change."""
    return row.failed_at is not None, row.repeat, row.run_at, row.pk


def _is_kept(task: str) -> bool:
    """Say whether the companion has such a task; it knows those that are declared with it."""
    if not apps.is_installed(COMPANION):
        return False
    from scheduler.contrib.background_task.tasks import tasks

    return task in tasks


def _decorator() -> str:
    return "@background" if apps.is_installed(COMPANION) else "@task"


def _schedule(row: Any, origin: Origin) -> Reading:
    if row.failed_at:
        raise Over(f"It failed for good at {row.failed_at:%Y-%m-%d %H:%M} UTC and runs no more.")
    try:
        trigger = Every(timedelta(seconds=row.repeat), anchor=row.run_at)
    except InvalidTrigger as error:
        raise Untranslatable(str(error)) from error
    args, kwargs = background_rows.params(row)
    options, noted = _options(row)
    is_kept = _is_kept(origin.here(row.task_name))
    is_running = background_rows.is_running(row, origin.now)
    if row.run_at > origin.now:
        options["start_at"] = row.run_at.isoformat()
    else:
        overdue = OVERDUE_KEPT if is_kept else OVERDUE
        noted.append(NEXT if is_running else overdue.format(row.run_at))
    if row.repeat_until:
        options["end_at"] = row.repeat_until.isoformat()
    first = _next(row, origin.now) if is_running else row.run_at
    noted += [KEPT] if is_kept else _unsaid(row, origin.database)
    return Reading(
        key=background_rows.key(row),
        task=row.task_name,
        trigger=trigger,
        options={"args": args, "kwargs": kwargs, **options},
        notes=tuple(noted),
        keep=partial(_keep, row=row, first=first, origin=origin) if is_kept else None,
        decorator=_decorator(),
    )


def _unsaid(row: Any, database: str) -> Iterator[str]:
    named = [f"verbose_name {row.verbose_name!r}"] * bool(row.verbose_name)
    creator = background_rows.creator(row, database)
    if said := [*named, *[f"creator {creator}"] * bool(creator)]:
        yield UNSAID.format(" and its ".join(said))


def _next(row: Any, now: datetime) -> datetime:
    """Return the next due time of a row that runs right now."""
    interval = timedelta(seconds=row.repeat)
    first: datetime = row.run_at + max(1, (now - row.run_at) // interval + 1) * interval
    return first


def _keep(key: str, *, row: Any, first: datetime, origin: Origin) -> bool:
    from scheduler.contrib.background_task.adopting import adopt

    args, kwargs = background_rows.params(row)
    return adopt(
        background_rows.identity(key),
        task_name=origin.here(row.task_name),
        args=args,
        kwargs=kwargs,
        run_at=first,
        repeat=row.repeat,
        repeat_until=row.repeat_until,
        priority=row.priority,
        queue=row.queue,
        verbose_name=row.verbose_name,
        created_by=background_rows.creator(row, origin.database),
    )


def _job(row: Any, origin: Origin) -> Waiting:
    refusal = ""
    try:
        args, kwargs = background_rows.params(row)
    except Untranslatable as error:
        args, kwargs, refusal = [], {}, str(error)
    options, noted = _options(row)
    call = Call(
        row.task_name,
        args,
        kwargs,
        when=row.run_at,
        label=row.verbose_name or "",
        creator=background_rows.creator(row, origin.database),
        id=background_rows.identity(f"{row.pk}:{row.task_hash}"),
        **options,
    )
    return Waiting(
        key=f"job {row.pk}", call=call, notes=tuple(noted), refusal=refusal, decorator=_decorator()
    )


def _options(row: Any) -> tuple[dict[str, Any], list[str]]:
    # ASC lets low numbers come first, as Unix does; DESC is the package's default.
    is_reversed = getattr(settings, "BACKGROUND_TASK_PRIORITY_ORDERING", "DESC") == "ASC"
    priority, told = priorities.clamped(row.priority, is_reversed=is_reversed)
    options: dict[str, Any] = {"priority": priority} if priority else {}
    if row.queue:
        options["queue"] = row.queue
    tried = TRIED.format(row.attempts)
    return options, [told] * bool(told) + [tried] * (row.attempts > 0)
