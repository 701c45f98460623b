"""
Schedules at run time: make them, change them, pause them, run them by hand.

``from scheduler import schedules``, then ``schedules.create("report-7", task=…, cron=…)``,
``change``, ``delete``, ``pause``, ``resume``, ``release``, ``run``, ``backfill``, ``override``,
``restore`` and the rest of ``scheduler.operations``; for coroutines ``await schedules.arun(…)``.
Each is one transaction, and is noted with who did it and why: ``user=request.user`` or a text,
``reason="…"``.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduler.models import Occurrence, Schedule
    from scheduler.operations.actions import Operator
    from scheduler.operations.awaited import (
        abackfill,
        abegin_maintenance,
        achange,
        acreate,
        acreate_many,
        adelete,
        aend_maintenance,
        aoverride,
        apause,
        arelease,
        arestore,
        aresume,
        arun,
    )
    from scheduler.operations.backfill import Backfill, backfill
    from scheduler.operations.change import change
    from scheduler.operations.create import create, create_many
    from scheduler.operations.delete import delete
    from scheduler.operations.maintenance import (
        begin_maintenance,
        current_maintenance,
        end_maintenance,
    )
    from scheduler.operations.override import override, restore
    from scheduler.operations.pause import pause
    from scheduler.operations.release import release
    from scheduler.operations.resume import Resumed, resume
    from scheduler.operations.run import Ran, run

__all__ = [
    "Backfill",
    "Operator",
    "Ran",
    "Resumed",
    "abackfill",
    "abegin_maintenance",
    "achange",
    "acreate",
    "acreate_many",
    "adelete",
    "aend_maintenance",
    "aoverride",
    "apause",
    "arelease",
    "arestore",
    "aresume",
    "arun",
    "backfill",
    "begin_maintenance",
    "change",
    "create",
    "create_many",
    "current_maintenance",
    "delete",
    "end_maintenance",
    "get",
    "history",
    "next_due_times",
    "override",
    "pause",
    "release",
    "restore",
    "resume",
    "run",
]


def get(key: str) -> Schedule:
    """Return the row of a schedule, to look at. Raises UnknownSchedule."""
    from scheduler.operations.locking import row_of

    return row_of(key)


def next_due_times(key: str, number: int = 5, *, after: datetime | None = None) -> list[datetime]:
    """
    Return the next due times of a schedule, in UTC; after now, or after another moment.

    What a calendar, a pause or maintenance makes of them is another question: ``schedules
    explain`` answers it. Raises UnknownSchedule, or SchedulerError for a trigger that is not
    known here.
    """
    from scheduler import conf
    from scheduler.triggers import due_times
    from scheduler.turn.rebuild import trigger_of
    from tasks_core import clock

    moment = clock.db_now(conf.database()) if after is None else after
    return list(islice(due_times(trigger_of(get(key)), moment), number))


def history(key: str, number: int = 20) -> list[Occurrence]:
    """Return what became of the newest due times of a schedule, deleted ones too."""
    from scheduler import conf
    from scheduler.models import Occurrence

    rows = Occurrence.objects.using(conf.database()).filter(schedule_key=key)
    return list(rows.order_by("-due_at", "-pk")[:number])


def __getattr__(name: str) -> Any:
    """Find a verb when it is asked for: models cannot be imported before the apps are ready."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    is_awaited = name.startswith("a") and name[1:] in __all__
    home = "scheduler.operations.awaited" if is_awaited else "scheduler.operations"
    return getattr(import_module(home), name)
