"""
huey's periodic tasks, read from an instance: ``--app proj.huey:huey``, or Django's own.

``crontab(…)`` gives a function that closes over five lists of numbers, all of which must match;
left-out fields mean every value. They are in UTC, or with ``utc=False`` in the machine's zone.
Another function can be asked, but says nothing that a trigger could be made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from inspect import getclosurevars, isfunction
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.importing import fields, priorities
from scheduler.importing.fields import Fields
from scheduler.importing.foreign import Foreign, Found, Untranslatable, plain_seconds, read_each
from scheduler.importing.origin import Origin

DJANGOS = "huey.contrib.djhuey:HUEY"
MINUTE = timedelta(minutes=1)
BLOCK = timedelta(minutes=30)  # no zone changes its offset within one
MOST_BLOCKS = 366 * 48 * 2  # two years: longer than anybody compares
COLUMNS = 5
RETRIES = (
    "A task that raises is run again by huey only if it says retries=; here it has five attempts "
    "unless it is declared with @task(max_attempts=1)."
)


def read(origin: Origin) -> Found:
    if not origin.app:
        origin = Origin(now=origin.now, app=DJANGOS, zone=origin.zone, renamed=origin.renamed)
    huey = origin.object("proj.huey:huey")
    periodic = {_path(task): task for task in huey._registry.periodic_tasks}  # noqa: SLF001
    named = {
        path: partial(_task, task, huey=huey, origin=origin) for path, task in periodic.items()
    }
    told = [RETRIES]
    if not huey.utc:
        told.append(f"It has utc=False, so its times are of the machine: {origin.told_zone}.")
    return Found(
        schedules=read_each(named, {path: path for path in named}).schedules, notes=tuple(told)
    )


def _path(task: Any) -> str:
    return f"{type(task).__module__}.{type(task).__name__}"


def _task(task: Any, *, huey: Any, origin: Origin) -> Foreign:
    path = _path(task)
    zone = zones.zone("UTC") if huey.utc else origin.local_zone
    numbers = _numbers(task.validate_datetime)
    trigger = numbers.trigger(zone)
    options, noted = _options(task)
    return Foreign(
        key=path,
        task=origin.task(path),
        trigger=trigger,
        options=options,
        notes=(*fields.notes(trigger), *noted),
        theirs=partial(_next_match, task.validate_datetime, minutes=numbers.minutes, zone=zone),
    )


def _numbers(validate: Callable[[datetime], bool]) -> Fields:
    """Return the numbers of the crontab that a function asks. Raises Untranslatable."""
    for function in _inside(validate):
        numbers = getclosurevars(function).nonlocals.get("cron_settings")
        if isinstance(numbers, list) and len(numbers) == COLUMNS:
            months, days, weekdays, hours, minutes = map(frozenset, numbers)
            return Fields(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays)
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
        noted.append(
            f"It has retries={retries}: declare it with @task(max_attempts={retries + 1})."
        )
    if timeout := getattr(task, "default_timeout", None):
        noted.append(f"It has timeout={timeout}: declare it with @task(timeout={timeout}).")
    if getattr(task, "context", False):
        noted.append("It takes huey's task as an argument: @task(takes_context=True) gives ours.")
    return options, noted


def _next_match(
    validate: Callable[[datetime], bool],
    moment: datetime,
    *,
    minutes: frozenset[int],
    zone: ZoneInfo,
) -> datetime | None:
    """
    Ask as huey does once a minute, but only in minutes that the crontab names.

    huey knows wall time without a zone: what the clocks leave out is never asked, what they
    repeat is asked twice.
    """
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for number in range(MOST_BLOCKS):
        block = start + number * BLOCK
        wall = block.astimezone(zone)
        ahead = sorted((minute - wall.minute) % 60 for minute in minutes)
        for found in (block + each * MINUTE for each in ahead if each * MINUTE < BLOCK):
            if found > moment and validate(found.astimezone(zone).replace(tzinfo=None)):
                return found
    return None
