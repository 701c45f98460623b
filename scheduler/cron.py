"""
When a cron expression is due. The only home of croniter, which sees naive wall time only.

The rules are Debian cron's:

R1  An expression is *wildcard* if its minute or hour starts with ``*``, else *fixed-time*.
R2  Where clocks go forward by at most three hours, wildcard wall times that do not exist are
    skipped, and fixed-time ones fire once, at the first instant after the gap. A longer gap
    (Samoa had no 30 December 2011) is a correction of the clock: nothing is caught up.
R3  Where clocks go back, wildcard runs in both passes, fixed-time only in the first.
R4  Day of month and weekday: either is enough if both are restricted, but both must match if
    one of them starts with ``*``. L, LW, FRI#2 and FRI#L are values like any other.
"""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from scheduler.due import cron_days
from scheduler.due.cron_fields import is_wildcard as _is_wildcard
from scheduler.due.cron_fields import spelled_out
from scheduler.due.cron_syntax import normalise
from scheduler.due.zones import SECOND, OffsetChange, first_change, last_change
from scheduler.exceptions import InvalidTrigger

LONGEST_CATCH_UP = timedelta(hours=3)
DAY = timedelta(days=1)


def validate(expression: object) -> str:
    """Return ``expression`` normalised. Raises InvalidTrigger, and nothing else."""
    return normalise(expression)


def is_wildcard(expression: str) -> bool:
    """Tell whether ``expression`` keeps its interval (True) or its times of day (False)."""
    return _is_wildcard(normalise(expression))


def next_after(expression: str, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """
    Return the first due time (UTC) strictly later than the aware ``moment``.

    None if there is none in the next 50 years, or before the calendar ends.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"A naive datetime is no moment: {moment!r}.")
    text, moment = normalise(expression), moment.astimezone(UTC)
    try:
        found = _search(text, zone, moment)
    except OverflowError:  # local time before year 1 or after year 9999
        return None
    if found is not None and found <= moment:
        raise InvalidTrigger(f"{text} in {zone} after {moment} gave {found}. Please report this.")
    return found


def _search(text: str, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """Go through stretches of constant offset; within one, wall time is plain arithmetic."""
    fixed_time = not _is_wildcard(text)
    start, local = moment, moment.astimezone(zone)
    offset = local.utcoffset() or timedelta(0)
    wall = local.replace(tzinfo=None, fold=0)
    if fixed_time and local.fold and (change := last_change(zone, until=moment)):
        wall = change.wall_before - SECOND  # R3: the second pass is over
    found = next_wall(text, wall)
    while found is not None:
        candidate = (found - offset).replace(tzinfo=UTC)
        change = first_change(zone, after=start, until=candidate)
        if change is None:
            return candidate
        if fixed_time and is_caught_up(found, change):
            return change.at
        start, offset, resumed = change.at, change.after, _resume(change, fixed_time=fixed_time)
        if not wall <= resumed < found:  # else nothing matches in between, and found stands
            found = next_wall(text, resumed)
        wall = resumed
    return None


def next_wall(normalised: str, wall: datetime) -> datetime | None:
    """Return the first naive wall time after ``wall`` that matches, whether it exists or not."""
    if cron_days.are_counted(normalised):
        return _next_on_counted_days(normalised, wall)
    # Searching moves a croniter, so each search has its own; what they share is only read.
    search = copy(_croniter(normalised))
    try:
        found: datetime = search.get_next(datetime, start_time=wall)
    except (ValueError, OverflowError):  # nothing in 50 years; or it ran past year 9999
        return None
    return found


def _next_on_counted_days(normalised: str, wall: datetime) -> datetime | None:
    """Take the days from our own calendar, and the times on them from the library."""
    minute, hour, *_ = normalised.split(" ", 2)
    times = f"{minute} {hour} * * *"
    day = cron_days.next_day(normalised, wall.date())
    if day == wall.date():
        found = next_wall(times, wall)
        if found is not None and found.date() == day:
            return found
        day = cron_days.next_day(normalised, day + DAY)
    return None if day is None else next_wall(times, datetime.combine(day, time.min) - SECOND)


@lru_cache(maxsize=16_384)  # 1.2 kB each
def _croniter(normalised: str) -> Any:
    return croniter(spelled_out(normalised), datetime(2000, 1, 1), implement_cron_bug=True)  # noqa: DTZ001


def is_caught_up(wall: datetime, change: OffsetChange) -> bool:
    """Tell whether a fixed time at ``wall`` fires at ``change``, in whose gap it lies (R2)."""
    return change.size <= LONGEST_CATCH_UP and change.wall_before <= wall < change.wall_after


def _resume(change: OffsetChange, *, fixed_time: bool) -> datetime:
    """Return the wall time after which to go on; what matches exactly at the change counts."""
    wall = max(change.wall_before, change.wall_after) if fixed_time else change.wall_after
    return wall - SECOND
