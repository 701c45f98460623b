"""
Triggers and calendars worked out by brute force; shares no code with the scheduler.

Rules are read as people write them, wall times are found by looking at every minute, and due
times are moved by looking at one day after the other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
FARTHEST = 366

# zone, and a UTC moment at which its clocks change
CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/Sao_Paulo", "2018-02-18T02:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),  # no midnight
    ("Africa/Cairo", "2023-04-27T22:00"),  # no midnight
    ("Africa/Cairo", "2023-10-26T21:00"),
    ("America/Goose_Bay", "2010-11-07T03:01"),  # 00:01 becomes 23:01 of the day before
    ("America/Havana", "2026-11-01T05:00"),
    ("America/Nuuk", "2024-03-31T01:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Antarctica/Troll", "2026-10-25T01:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a day that never was
    ("UTC", "2026-06-01T00:00"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall_of(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=200_000)
def instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant with this wall time, or the first after a gap of at most three hours."""
    around = [(wall + shift).replace(tzinfo=UTC) for shift in (-2 * DAY, 2 * DAY)]
    offsets = {moment.astimezone(zone).utcoffset() for moment in around}
    offsets |= {
        (wall + n * HOUR).replace(tzinfo=UTC).astimezone(zone).utcoffset() for n in range(-30, 31)
    }
    fitting = [wall.replace(tzinfo=UTC) - offset for offset in offsets]
    fitting = [moment for moment in fitting if wall_of(moment, zone) == wall]
    if fitting:
        return min(fitting)
    before = wall.replace(tzinfo=UTC, second=0) - 2 * DAY
    while wall_of(before + MINUTE, zone) < wall:
        before += MINUTE
    gap = wall_of(before + MINUTE, zone) - wall_of(before, zone)
    return before + MINUTE if gap <= timedelta(hours=3, minutes=1) else None


def excluded(rules: dict, moment: datetime) -> bool:
    """Whether a calendar with these rules excludes ``moment``."""
    zone = ZoneInfo(rules["timezone"])
    day = wall_of(moment, zone).date()
    texts = {str(day), f"{day:%m-%d}"}
    return (
        NAMES[day.weekday()] in rules.get("weekdays", ())
        or bool(texts & set(rules.get("dates", ())))
        or any(
            date.fromisoformat(a) <= day <= date.fromisoformat(b)
            for a, b in rules.get("ranges", ())
        )
        or any(begin <= moment < end for begin, end in rules.get("windows", ()))
        or any(excluded(other, moment) for other in rules.get("also", ()))
    )


def target(moment: datetime, rules: dict, *, zone: ZoneInfo, step: int) -> datetime | None:
    """Where a due time goes that is moved day by day until the calendar allows it."""
    if not excluded(rules, moment):
        return moment
    for days in range(1, FARTHEST + 1):
        there = instant(wall_of(moment, zone) + days * step * DAY, zone)
        if there is not None and not excluded(rules, there):
            return there
    return None
