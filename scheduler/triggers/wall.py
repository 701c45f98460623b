"""What triggers at wall times share: how a time, an anchor and a search are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler import cron
from scheduler.due import zones
from scheduler.due.cron_syntax import shown
from scheduler.exceptions import InvalidTrigger

DAY = timedelta(days=1)
ANCHOR = date(1970, 1, 1)  # its day, week and month are number 0 where no other anchor is given
MOST_TIMES = 100  # in one trigger
MOST_EVERY = 1000
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)
HORIZON = 50  # years that are searched, as for a cron expression


def instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """
    Return the instant at which a wall time is due, by the rules of a fixed-time cron expression.

    One that occurs twice is its first, one that does not exist the first instant after the
    gap; None if the gap is a correction of the calendar and no summer time.
    """
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    found = zones.instant_of(wall, zone)
    change = zones.last_change(zone, until=found)
    return found if change and cron.is_caught_up(wall, change) else None


def first_after(
    moment: datetime, zone: ZoneInfo, walls_from: Callable[[date], Iterable[datetime]]
) -> datetime | None:
    """Return the first instant after ``moment`` of wall times in order, asked for from a day on."""
    try:
        for wall in walls_from(_start_of_search(moment, zone)):
            found = instant(wall, zone)
            if found is not None and found > moment:
                return found
    except (OverflowError, ValueError):  # before year 1 or after year 9999
        pass
    return None


def _start_of_search(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day from which on wall times matter: a gap can move one past midnight."""
    day = moment.astimezone(zone).date()
    return day if day == date.min else day - DAY


def on_each(days: Iterator[date], at: tuple[time, ...]) -> Iterator[datetime]:
    """Yield the wall times ``at`` of each of these days."""
    for day in days:
        for wall_time in at:
            yield datetime.combine(day, wall_time)


def times_of(at: object) -> tuple[time, ...]:
    """Return times of day in order: of "09:00", "09:00, 17:30", times, or a list of them."""
    given = at.split(",") if isinstance(at, str) else [at] if isinstance(at, time) else at
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= MOST_TIMES:
        raise InvalidTrigger(
            f"'at' is a time of day such as \"09:00\", or 1 to {MOST_TIMES} of them, "
            f"not {at!r:.60}."
        )
    return tuple(sorted({_time(each) for each in given}))


def _time(value: object) -> time:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value.strip() if _TIME.fullmatch(value.strip()) else "")
        except ValueError:
            raise InvalidTrigger(f"{shown(value)} is no time of day such as '09:00'.") from None
    if not isinstance(value, time) or value.tzinfo is not None or value.microsecond:
        raise InvalidTrigger(
            f"A time of day has hours, minutes and perhaps seconds, and no zone: {value!r:.60}."
        )
    return value.replace(fold=0)


def written(at: tuple[time, ...]) -> str:
    """Return "09:00, 17:30:15"."""
    return ", ".join(each.isoformat("seconds" if each.second else "minutes") for each in at)


def anchor_of(value: object, *, of: str) -> date:
    """Return the day that an anchor names, as a date or as its ISO text."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, date) or isinstance(found, datetime):
        raise InvalidTrigger(f"The anchor of {of} is a date such as 2026-01-05, not {value!r:.60}.")
    return found


def every_of(value: object, *, of: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_EVERY:
        raise InvalidTrigger(
            f"{of} takes every= as a whole number from 1 to {MOST_EVERY}, not {value!r:.60}."
        )
    return value


def zone_name(timezone: str | ZoneInfo | None) -> str | None:
    return None if timezone is None else zones.zone(timezone).key


def zone_called(name: str | None) -> ZoneInfo:
    """Return the zone of this name; without one that of the TIME_ZONE setting, as it is now."""
    return zones.default_zone() if name is None else zones.zone(name)


def cadence(every: int, unit: str) -> str:
    """Return "every day" or "every 2 days"."""
    return f"every {unit}" if every == 1 else f"every {every} {unit}s"
