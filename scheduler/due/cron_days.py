"""
Days that a cron expression counts within a month: L, LW, FRI#2, FRI#L.

Libraries disagree about them, and combine them with the other column of days by AND. So which
days are meant is worked out here, by rule R4, for whole months at a time.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import lru_cache

from scheduler.due.cron_fields import MONTH, MONTH_DAY, WEEKDAY, numbers_of

HORIZON = 50  # years, as the library searches
MONTHS = 12
LAST, LAST_WEEKDAY = "L", "LW"  # of a month; a weekday is Monday to Friday


@dataclass(frozen=True, slots=True)
class Days:
    """The columns of days and months of one expression."""

    numbers: frozenset[int]
    counted: frozenset[str]  # of LAST, LAST_WEEKDAY
    weekdays: frozenset[int]  # Sunday is 0
    nth: frozenset[tuple[int, str]]  # a weekday with "1" to "5", or "L"
    months: frozenset[int]
    both: bool  # must match (rule R4)

    def in_month(self, year: int, month: int) -> Iterator[int]:
        """Yield the days of a month that are meant, in order."""
        last = monthrange(year, month)[1]
        first_weekday = date(year, month, 1).isoweekday()
        counted = {LAST: last, LAST_WEEKDAY: last - _after_friday(date(year, month, last))}
        numbers = self.numbers | {counted[each] for each in self.counted}
        for day in range(1, last + 1):
            weekday = (first_weekday + day - 1) % 7
            nths = {(weekday, str((day + 6) // 7)), (weekday, LAST if day > last - 7 else "")}
            by_number, by_weekday = day in numbers, weekday in self.weekdays or nths & self.nth
            if (by_number and by_weekday) if self.both else (by_number or by_weekday):
                yield day


def are_counted(normalised: str) -> bool:
    """Tell whether an expression has one of these in a column of days."""
    if "L" not in normalised and "#" not in normalised:
        return False
    _, _, days, _, weekdays = normalised.split(" ")
    return LAST in days or "#" in weekdays


def next_day(normalised: str, day: date) -> date | None:
    """Return the first day from ``day`` on that is meant, whatever the hour; None if none is."""
    months = days_of(normalised).months
    start = day.year * MONTHS + day.month - 1
    for number in range(start, min(start + HORIZON * MONTHS, (MAXYEAR + 1) * MONTHS)):
        year, index = divmod(number, MONTHS)
        if index + 1 in months:
            for candidate in _in_month(normalised, year, index + 1):
                if number > start or candidate >= day.day:
                    return date(year, index + 1, candidate)
    return None


@lru_cache(maxsize=16_384)
def _in_month(normalised: str, year: int, month: int) -> tuple[int, ...]:
    return tuple(days_of(normalised).in_month(year, month))


@lru_cache(maxsize=16_384)
def days_of(normalised: str) -> Days:
    _, _, days, months, weekdays = normalised.split(" ")
    of_month, of_week = days.split(","), weekdays.split(",")
    nth = [item.split("#") for item in of_week if "#" in item]
    return Days(
        numbers=numbers_of(MONTH_DAY, [item for item in of_month if LAST not in item]),
        counted=frozenset(item for item in of_month if LAST in item),
        weekdays=numbers_of(WEEKDAY, [item for item in of_week if "#" not in item]),
        nth=frozenset((WEEKDAY.number(name) % 7, place) for name, place in nth),
        months=numbers_of(MONTH, months.split(",")),
        both=days.startswith("*") or weekdays.startswith("*"),
    )


def _after_friday(day: date) -> int:
    return max(0, day.isoweekday() - 5)
