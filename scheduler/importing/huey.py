"""
huey's periodic tasks, read from an instance: ``--app proj.huey:huey``, or Django's own.

``crontab(…)`` gives a function that closes over five lists of numbers, all of which must match;
left-out fields mean every value. They are in UTC, or with ``utc=False`` in the machine's zone.
Another function can be asked, but says nothing that a trigger could be made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from inspect import getclosurevars, isfunction
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.exceptions import OperationRefused
from scheduler.importing import fields, priorities, runs
from scheduler.importing.fields import Fields
from scheduler.importing.origin import Origin
from scheduler.importing.readings import (
    Found,
    Reading,
    Unread,
    Untranslatable,
    plain_seconds,
    read_each,
)

NOTHING = (
    "It has no periodic tasks. A module that declares them must be imported: the tasks modules of "
    "installed apps are."
)
DJANGOS = "huey.contrib.djhuey:HUEY"
MINUTE = timedelta(minutes=1)
BLOCK = timedelta(minutes=30)  # no zone changes its offset within one
DAY = timedelta(days=1)
MOST_DAYS = 366 * 2  # longer than anybody compares
COLUMNS = 5


def read(origin: Origin) -> Found:
    if not origin.app:
        origin = replace(origin, app=DJANGOS)
    huey = origin.object("proj.huey:huey", kind="a huey", has="_registry")
    if huey.utc and origin.zone:
        raise OperationRefused(
            "--timezone says nothing here: this huey has utc=True, so UTC it is."
        )
    unread = [
        Unread(_path(task), _path(task), partial(_task, task, huey=huey, origin=origin))
        for task in huey._registry.periodic_tasks  # noqa: SLF001
    ]
    told = [runs.TOLD_BESIDE, runs.TOLD_ATTEMPTS]
    if not huey.utc:
        told.append(f"It has utc=False, so its times are of the machine: {origin.told_zone}.")
    return Found(schedules=read_each(unread), notes=tuple(told))


def _path(task: Any) -> str:
    return f"{type(task).__module__}.{type(task).__name__}"


def _task(task: Any, *, huey: Any, origin: Origin) -> Reading:
    path = _path(task)
    zone = zones.zone("UTC") if huey.utc else origin.local_zone
    numbers = _numbers(task.validate_datetime)
    trigger = numbers.trigger(zone)
    options, noted = _options(task)
    return Reading(
        key=path,
        task=path,
        trigger=trigger,
        options={**runs.BESIDE, **options},
        attempts=1 + getattr(task, "default_retries", 0),
        notes=(*fields.notes(trigger), *noted),
        theirs=Asked(task.validate_datetime, numbers, zone).next_after,
    )


def _numbers(validate: Callable[[datetime], bool]) -> Fields:
    """Return the numbers of the crontab that a function asks. Raises Untranslatable."""
    for function in _inside(validate):
        numbers = getclosurevars(function).nonlocals.get("cron_settings")
        if isinstance(numbers, list) and len(numbers) == COLUMNS:
            months, days, weekdays, hours, minutes = map(frozenset, numbers)
            return Fields(
                minutes=minutes,
                hours=hours,
                days=days,
                months=months,
                weekdays=frozenset(day % 7 for day in weekdays),  # * has both Sundays, 0 and 7
            )
    raise Untranslatable(
        "A function of its own says when, and not huey's crontab(): it answers yes or no, and no "
        "fields can be read. Write a trigger with next_after() and spec() that says the same."
    )


def _inside(function: Any) -> Iterator[Any]:
    """Yield a function, and the one that it calls if it only passes the question on."""
    function = getattr(function, "__func__", function)
    for _ in range(2):
        if not isfunction(function):
            return
        yield function
        function = getclosurevars(function).nonlocals.get("validate_datetime")


def _options(task: Any) -> tuple[dict[str, Any], list[str]]:
    options: dict[str, Any] = {}
    noted = []
    if (priority := getattr(task, "default_priority", None)) is not None:
        options["priority"], told = priorities.clamped(priority)
        noted += [told] * bool(told)
    seconds = plain_seconds(getattr(task, "default_expires", None))
    if seconds:
        options["catch_up_window"] = seconds
        noted.append(f"It expires after {seconds:g} s; older due times are not caught up here.")
    if retries := getattr(task, "default_retries", 0):
        noted.append(f"It has retries={retries}, which is max_attempts={retries + 1}.")
    if timeout := getattr(task, "default_timeout", None):
        noted.append(f"It has timeout={timeout}: declare it with @task(timeout={timeout}).")
    if getattr(task, "context", False):
        noted.append("It takes huey's task as an argument: @task(takes_context=True) gives ours.")
    return options, noted


@dataclass(frozen=True, slots=True)
class Asked:
    """
    The function of a crontab, asked as huey does once a minute.

    Only at the hours and minutes that the crontab names, but also on days that it does not. It
    knows wall time without a zone: what the clocks leave out is never asked, what they repeat
    is asked twice.
    """

    validate: Callable[[datetime], bool]
    numbers: Fields
    zone: ZoneInfo
    empty: set[datetime] = field(default_factory=set)  # days on which it never said yes

    def next_after(self, moment: datetime) -> datetime | None:
        start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for _ in range(MOST_DAYS):
            if start not in self.empty:
                due = self._times(start)
                if (found := next((each for each in due if each > moment), None)) is not None:
                    return found
                if not start.hour and start > moment:
                    self.empty.add(start)
            start = start.replace(hour=0) + DAY
        return None

    def _times(self, start: datetime) -> Iterator[datetime]:
        """Yield the minutes from ``start`` to the end of its day at which it says yes."""
        for number in range((24 - start.hour) * 2):
            block = start + number * BLOCK
            wall = block.astimezone(self.zone)
            if self.numbers.hours.isdisjoint({wall.hour, (wall + BLOCK).hour}):
                continue
            # On other days once an hour: enough to find out that a day is none of them.
            minutes = sorted(self.numbers.minutes)
            minutes = minutes if self.numbers.match_day(wall) else minutes[:1]
            for ahead in sorted((minute - wall.minute) % 60 for minute in minutes):
                found = block + ahead * MINUTE
                asked = found.astimezone(self.zone).replace(tzinfo=None)
                if found < block + BLOCK and self.validate(asked):
                    yield found
