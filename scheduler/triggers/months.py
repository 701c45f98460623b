"""Due on a certain day of every nth month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.calendars import allowed_from
from scheduler.calendars.names import Given
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import parts, wall
from scheduler.triggers.month_days import month_days
from scheduler.triggers.wall import ANCHOR

BUSINESS_DAY = "business day"
SATURDAY = 5
YEAR = 12
YEARS_OF_CALENDAR = 10  # that are searched; nobody knows holidays farther ahead


@dataclass(frozen=True, slots=True, init=False)
class Monthly:
    """
    Due on a day of every month, or of every nth: ``Monthly("last business day", at="09:00")``.

    ``on`` is a number from 1 to 31, or from -1 for the last day; "last day", "2nd FRI",
    "3rd last business day"; or several. A month without such a day is left out. Business days
    are Monday to Friday, or the days on which ``calendar`` does not exclude the time. Months
    are counted from that of ``anchor``, January 1970 unless given. Raises InvalidTrigger.
    """

    on: tuple[Any, ...]  # of MonthDay
    at: tuple[time, ...]
    every: int
    timezone: str | None
    anchor: date
    calendar: Given | None

    def __init__(
        self,
        on: int | str | Sequence[int | str],
        *,
        at: str | time | Sequence[str | time],
        every: int = 1,
        calendar: Any = None,
        timezone: str | ZoneInfo | None = None,
        anchor: date | str = ANCHOR,
    ) -> None:
        days, counted = month_days(on), wall.every_of(every, of="Monthly")
        first = wall.anchor_of(anchor, of="Monthly") if counted > 1 else ANCHOR
        if calendar is not None and not any(day.kind == BUSINESS_DAY for day in days):
            raise InvalidTrigger(
                "Monthly takes a calendar only to count business days, as in "
                'on="last business day"; Except and Moved apply one to any trigger.'
            )
        object.__setattr__(self, "on", days)
        object.__setattr__(self, "at", wall.times_of(at))
        object.__setattr__(self, "every", counted)
        object.__setattr__(self, "timezone", wall.zone_name(timezone))
        object.__setattr__(self, "anchor", first.replace(day=1))
        given = None if calendar is None else parts.as_calendar(calendar)
        object.__setattr__(self, "calendar", given)

    @property
    def zone(self) -> ZoneInfo:
        return wall.zone_called(self.timezone)

    def next_after(self, moment: datetime) -> datetime | None:
        zone = self.zone
        if self.calendar is not None:
            calendar = parts.calendar_of(self.calendar)
            if allowed_from(calendar, moment) is None:
                return None
        return wall.first_after(moment, zone, lambda start: self._walls(start, zone))

    def _walls(self, start: date, zone: ZoneInfo) -> Iterator[datetime]:
        counts = {at: self._is_business_day(at, zone) for at in self.at}
        month = start.year * YEAR + start.month - 1
        month += -(month - self.anchor.year * YEAR - self.anchor.month + 1) % self.every
        years = wall.HORIZON if self.calendar is None else YEARS_OF_CALENDAR
        for number in range(month, month + years * YEAR, self.every):
            year, index = divmod(number, YEAR)
            yield from sorted(
                {
                    datetime.combine(day, at)
                    for at in self.at
                    for each in self.on
                    if (day := each.date_in(year, index + 1, counts[at]))
                }
            )

    def _is_business_day(self, at: time, zone: ZoneInfo) -> Callable[[date], bool]:
        if self.calendar is None:
            return lambda day: day.weekday() < SATURDAY
        excludes = parts.calendar_of(self.calendar).excludes

        def is_business_day(day: date) -> bool:
            found = wall.instant(datetime.combine(day, at), zone)
            return found is not None and not excludes(found)

        return is_business_day

    def spec(self) -> str:
        counted = "" if self.every == 1 else f" from {self.anchor:%Y-%m}"
        text = f"{self._cadence()} at {wall.written(self.at)}{counted} in {self.zone.key}"
        if self.calendar is None:
            return text
        calendar = parts.calendar_of(self.calendar).spec()
        return parts.composed(("trigger", f'"{text}"'), ("business days", calendar))

    def _cadence(self) -> str:
        return f"{wall.cadence(self.every, 'month')} on {', '.join(map(str, self.on))}"

    def describe(self) -> str:
        days = ", ".join(day.in_words() for day in self.on)
        cadence = wall.cadence(self.every, "month")
        counted = (
            "" if self.calendar is None else f", business days by {parts.called(self.calendar)}"
        )
        return f"{cadence} on {days} at {wall.written(self.at)} ({self.zone.key}){counted}"
