"""
Numbers for minute, hour, day, month and weekday, all of which must match, as a trigger.

Celery, huey and APScheduler ask for day of month AND weekday where cron asks for either, so
two restricted columns become ``AllOf`` two expressions, each of which restricts one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from scheduler.due.cron_fields import FIELDS, MONTH, MONTH_DAY, Field
from scheduler.importing.readings import Over
from scheduler.triggers import AllOf, Cron, Trigger

MINUTE, HOUR = FIELDS[:2]
WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")  # a range ends before Sunday, which is 0
LEAST_RANGE = 3  # shorter ones are lists
NEVER = "Nothing matches all of its fields, so it is never due there either."
BOTH = (
    "Day of month and weekday are both restricted. Both must match there, and either is enough "
    "in cron: so it is AllOf two expressions."
)


@dataclass(frozen=True, kw_only=True)
class Fields:
    """
    The numbers of each field. Sunday is 0.

    ``is_last`` adds the last day of the month to the days, ``nth`` days such as FRI#2.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_last: bool = False
    nth: tuple[str, ...] = ()

    @property
    def has_all_days(self) -> bool:
        return len(self.days) == MONTH_DAY.size

    @property
    def has_all_weekdays(self) -> bool:
        return len(self.weekdays) == len(WEEK)

    @property
    def counted(self) -> tuple[str, ...]:
        """Those of ``nth`` that the weekdays leave: FRI#2 is a Friday."""
        return tuple(
            each for each in self.nth if (WEEK.index(each.split("#")[0]) + 1) % 7 in self.weekdays
        )

    def match_day(self, day: date) -> bool:
        """Say whether a day is meant, as far as its numbers tell."""
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def trigger(self, zone: ZoneInfo) -> Trigger:
        """Return what is due when all of them match. Raises Over if nothing can."""
        times = f"{column(MINUTE, self.minutes)} {column(HOUR, self.hours)}"
        month, weekday = column(MONTH, self.months), weekday_column(self.weekdays)
        if self.has_all_days:
            return Cron(f"{times} * {month} {weekday}", zone.key)
        if not self.nth and not self.is_last:
            days = column(MONTH_DAY, self.days)
            if weekday == "*" or days.startswith("*"):  # then both must match in cron, too
                return Cron(f"{times} {days} {month} {weekday}", zone.key)
        days, counted = listed(self.days, last=self.is_last), ",".join(self.counted)
        if not days and not counted:
            raise Over(NEVER)
        any_day = Cron(f"{times} {days or '*'} {month} {counted or '*'}", zone.key)
        if weekday == "*" or not days:
            return any_day
        return AllOf(any_day, Cron(f"* * * * {weekday}", zone.key))


def notes(trigger: Trigger) -> tuple[str, ...]:
    return (BOTH,) if isinstance(trigger, AllOf) else ()


def column(field: Field, numbers: frozenset[int]) -> str:
    """Return the text of a column that means these numbers, as people write it."""
    if not numbers:
        raise Over(f"Nothing matches its {field.name} field, so it is never due.")
    if len(numbers) == field.size:
        return "*"
    for step in range(2, field.size // 2 + 1):
        if numbers == frozenset(range(field.low, field.high + 1, step)):
            return f"*/{step}"
    return listed(numbers)


def listed(numbers: Iterable[int], *, last: bool = False) -> str:
    """Return numbers with commas, and long runs of them as ranges; perhaps the last day, too."""
    return ",".join([*_runs(sorted(numbers), list(map(str, range(60)))), *["L"] * last])


def weekday_column(weekdays: frozenset[int]) -> str:
    if not weekdays:
        raise Over("No weekday matches, so it is never due.")
    if len(weekdays) == len(WEEK):
        return "*"
    monday_first = sorted((day - 1) % 7 for day in weekdays)
    days = [place for place in monday_first if WEEK[place] != "SUN"]
    return ",".join([*_runs(days, WEEK), *["SUN"] * (0 in weekdays)])


def _runs(numbers: list[int], names: Iterable[str]) -> list[str]:
    """Write ascending numbers by their names, three or more in a row as a range."""
    names, found, left = list(names), [], list(numbers)
    while left:
        length = next((n for n, each in enumerate(left) if each != left[0] + n), len(left))
        run, left = left[:length], left[length:]
        told = [names[number] for number in run]
        found += [f"{told[0]}-{told[-1]}"] if length >= LEAST_RANGE else told
    return found
