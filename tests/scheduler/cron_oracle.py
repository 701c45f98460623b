"""
What Debian cron would do, worked out by brute force: look at every real minute.

Shares no code with the scheduler: it reads expressions (numbers only) by itself, maps each UTC
minute to wall time, and applies the rules in the order in which the daemon meets the minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class Matcher:
    """Which naive wall times an expression names (rule R4)."""

    def __init__(self, expression: str) -> None:
        texts = expression.split()
        self.minutes, self.hours, self.days, self.months, weekdays = (
            values(text, *bounds) for text, bounds in zip(texts, BOUNDS, strict=True)
        )
        self.weekdays = {number % 7 for number in weekdays}
        self.counted = {
            item for text in (texts[2], texts[4]) for item in text.split(",") if is_counted(item)
        }
        self.both = texts[2][0] == "*" or texts[4][0] == "*"
        self.wildcard = texts[0][0] == "*" or texts[1][0] == "*"

    def __call__(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        day = wall.day in self.days or any(is_day(wall, item) for item in self.counted)
        weekday = wall.isoweekday() % 7 in self.weekdays or any(
            is_weekday(wall, item) for item in self.counted
        )
        return wall.month in self.months and ((day and weekday) if self.both else (day or weekday))


def is_counted(item: str) -> bool:
    return "L" in item or "#" in item


def is_day(wall: datetime, item: str) -> bool:
    """L is a day whose tomorrow is in another month; LW a weekday after which none is left."""
    if item == "L":
        return (wall + DAY).month != wall.month
    left = [wall + n * DAY for n in range(1, 4) if (wall + n * DAY).month == wall.month]
    is_last = (wall + 3 * DAY).month != wall.month and not any(is_mon_to_fri(day) for day in left)
    return item == "LW" and is_mon_to_fri(wall) and is_last


def is_mon_to_fri(wall: datetime) -> bool:
    return wall.isoweekday() < 6


def is_weekday(wall: datetime, item: str) -> bool:
    """5#2 is a Friday with one Friday before it in its month, 5#L one with none after it."""
    number, _, place = item.partition("#")
    if not place or wall.isoweekday() % 7 != int(number) % 7:
        return False
    if place == "L":
        return (wall + 7 * DAY).month != wall.month
    before = sum((wall - n * 7 * DAY).month == wall.month for n in range(1, 5))
    return before + 1 == int(place)


def values(text: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for item in text.split(","):
        if is_counted(item):
            continue
        span, _, step = item.partition("/")
        ends = (low, high) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        found.update(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


@dataclass(frozen=True)
class Minute:
    at: datetime  # UTC
    wall: datetime  # naive
    missed: tuple[datetime, ...]  # wall times between the last minute and this one
    is_repeated: bool  # the second pass of an overlap


@dataclass(frozen=True)
class Night:
    """The minutes around one change of one zone's clocks."""

    zone_name: str
    change: str  # UTC

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(self.change).replace(tzinfo=UTC) - timedelta(hours=27)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(hours=60)

    @cached_property
    def minutes(self) -> list[Minute]:
        return list(self._minutes())

    def _minutes(self) -> Iterator[Minute]:
        at = self.start
        last = self._wall(at)
        highest = last
        while (at := at + MINUTE) <= self.end:
            wall = self._wall(at)
            jump = int((wall - last) / MINUTE) - 1
            missed = tuple(last + n * MINUTE for n in range(1, jump + 1)) if jump <= 180 else ()
            yield Minute(at, wall, missed, is_repeated=wall <= highest)
            last, highest = wall, max(highest, wall)

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)

    def due_times(self, expression: str) -> list[datetime]:
        matches = Matcher(expression)
        return [minute.at for minute in self.minutes if _is_due(matches, minute)]

    def __str__(self) -> str:
        return f"{self.zone_name} {self.change}"


def _is_due(matches: Matcher, minute: Minute) -> bool:
    if matches.wildcard:
        return matches(minute.wall)
    if minute.is_repeated:
        return False
    return matches(minute.wall) or any(matches(wall) for wall in minute.missed)


NIGHTS = [
    Night("America/New_York", "2024-03-10T07:00"),
    Night("America/New_York", "2024-11-03T06:00"),
    Night("Europe/London", "2026-03-29T01:00"),
    Night("Europe/London", "2026-10-25T01:00"),
    Night("Europe/Berlin", "2026-03-29T01:00"),
    Night("Europe/Berlin", "2026-10-25T01:00"),
    Night("Australia/Lord_Howe", "2026-04-04T15:00"),
    Night("Australia/Lord_Howe", "2026-10-03T15:30"),
    Night("America/Sao_Paulo", "2018-02-18T02:00"),
    Night("America/Sao_Paulo", "2018-11-04T03:00"),
    Night("Africa/Cairo", "2023-04-27T22:00"),
    Night("Africa/Cairo", "2023-10-26T21:00"),
    Night("Asia/Beirut", "2022-03-26T22:00"),
    Night("Asia/Beirut", "2022-10-29T21:00"),
    Night("Pacific/Apia", "2011-12-30T10:00"),
    Night("America/Nuuk", "2023-03-26T01:00"),
    Night("America/Nuuk", "2024-03-31T01:00"),
    Night("America/Nuuk", "2024-10-27T01:00"),
    Night("Antarctica/Troll", "2026-03-29T01:00"),
    Night("Antarctica/Troll", "2026-10-25T01:00"),
    Night("America/Havana", "2026-03-08T05:00"),
    Night("America/Havana", "2026-11-01T05:00"),
    Night("Pacific/Chatham", "2026-04-04T14:00"),
    Night("Pacific/Chatham", "2026-09-26T14:00"),
    Night("America/Caracas", "2016-05-01T07:00"),
    Night("Antarctica/Casey", "2009-10-17T18:00"),
    Night("Africa/Casablanca", "2026-02-15T02:00"),
    Night("Asia/Tokyo", "2026-03-29T01:00"),  # no change at all
]
ZONES = sorted({night.zone_name for night in NIGHTS})
