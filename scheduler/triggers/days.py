"""Due at wall times of every nth day or of weekdays of every nth week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.due import weekdays
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import wall
from scheduler.triggers.wall import ANCHOR, DAY

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, init=False)
class Daily:
    """
    Due at a time of day, or at several, of every day or of every nth: ``Daily("09:00", every=3)``.

    Days are counted from ``anchor``, 1 January 1970 unless given, before it as well as after,
    so that every process counts alike. Raises InvalidTrigger.
    """

    at: tuple[time, ...]
    every: int
    timezone: str | None
    anchor: date

    def __init__(
        self,
        at: str | time | Sequence[str | time],
        *,
        every: int = 1,
        timezone: str | ZoneInfo | None = None,
        anchor: date | str = ANCHOR,
    ) -> None:
        counted = wall.every_of(every, of="Daily")
        first = wall.anchor_of(anchor, of="Daily")
        object.__setattr__(self, "at", wall.times_of(at))
        object.__setattr__(self, "every", counted)
        object.__setattr__(self, "timezone", wall.zone_name(timezone))
        object.__setattr__(self, "anchor", ANCHOR if counted == 1 else first)

    @property
    def zone(self) -> ZoneInfo:
        return wall.zone_called(self.timezone)

    def next_after(self, moment: datetime) -> datetime | None:
        return wall.first_after(moment, self.zone, self._walls)

    def _walls(self, start: date) -> Iterator[datetime]:
        return wall.on_each(self._days(start), self.at)

    def _days(self, start: date) -> Iterator[date]:
        day = start + -(start - self.anchor).days % self.every * DAY
        while True:
            yield day
            day += self.every * DAY

    def spec(self) -> str:
        counted = "" if self.every == 1 else f" from {self.anchor}"
        cadence = wall.cadence(self.every, "day")
        return f"{cadence} at {wall.written(self.at)}{counted} in {self.zone.key}"

    def describe(self) -> str:
        cadence = wall.cadence(self.every, "day")
        return f"{cadence} at {wall.written(self.at)} ({self.zone.key})"


@dataclass(frozen=True, slots=True, init=False)
class Weekly:
    """
    Due on weekdays of every week or of every nth: ``Weekly("MON", at="09:00", every=2)``.

    ``on`` is a weekday, several with commas, or a list. Weeks begin on Monday and are counted
    from that of ``anchor``, 1 January 1970 unless given. Raises InvalidTrigger.
    """

    on: tuple[int, ...]  # Monday is 0
    at: tuple[time, ...]
    every: int
    timezone: str | None
    anchor: date

    def __init__(
        self,
        on: str | Sequence[str],
        *,
        at: str | time | Sequence[str | time],
        every: int = 1,
        timezone: str | ZoneInfo | None = None,
        anchor: date | str = ANCHOR,
    ) -> None:
        counted = wall.every_of(every, of="Weekly")
        first = wall.anchor_of(anchor, of="Weekly") if counted > 1 else ANCHOR
        object.__setattr__(self, "on", _weekdays(on))
        object.__setattr__(self, "at", wall.times_of(at))
        object.__setattr__(self, "every", counted)
        object.__setattr__(self, "timezone", wall.zone_name(timezone))
        object.__setattr__(self, "anchor", _monday(first))

    @property
    def zone(self) -> ZoneInfo:
        return wall.zone_called(self.timezone)

    def next_after(self, moment: datetime) -> datetime | None:
        return wall.first_after(moment, self.zone, self._walls)

    def _walls(self, start: date) -> Iterator[datetime]:
        return wall.on_each(self._days(start), self.at)

    def _days(self, start: date) -> Iterator[date]:
        monday = _monday(start)
        monday += -((monday - self.anchor) // WEEK) % self.every * WEEK
        while True:
            yield from (day for n in self.on if (day := monday + n * DAY) >= start)
            monday += self.every * WEEK

    def spec(self) -> str:
        counted = "" if self.every == 1 else f" from {self.anchor}"
        days = ", ".join(weekdays.SHORT[n] for n in self.on)
        cadence = wall.cadence(self.every, "week")
        return f"{cadence} on {days} at {wall.written(self.at)}{counted} in {self.zone.key}"

    def describe(self) -> str:
        days = ", ".join(weekdays.LONG[n] for n in self.on)
        cadence = wall.cadence(self.every, "week")
        return f"{cadence} on {days} at {wall.written(self.at)} ({self.zone.key})"


def _weekdays(on: object) -> tuple[int, ...]:
    given = on.split(",") if isinstance(on, str) else on
    if not isinstance(given, (list, tuple)) or not given:
        raise InvalidTrigger(f'Weekly is due on weekdays such as "MON", not on {on!r:.60}.')
    try:
        return tuple(sorted({weekdays.number_of(each) for each in given}))
    except LookupError as error:
        raise InvalidTrigger(f"Weekly: {error.args[0]}") from None


def _monday(day: date) -> date:
    return day - min(day.weekday() * DAY, day - date.min)
