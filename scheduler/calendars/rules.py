"""The rules of a calendar as people write them, checked and in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import weekdays, zones
from scheduler.exceptions import InvalidSchedule, InvalidTrigger
from tasks_core.conf import did_you_mean

MOST = 10_000  # entries in one list
DEEPEST = 8  # calendars within calendars
DAY = timedelta(days=1)
LEAP = 2000  # a year that has every day there is
_YEARLY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)

Yearly = tuple[int, int]  # month and day


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What a calendar excludes, before its time zone and the names of others are looked up.

    ``weekdays`` are 0 (Monday) to 6; ``ranges`` have both ends in; ``windows`` are half-open,
    and their naive times mean the calendar's zone; ``also`` are other calendars, united.
    """

    weekdays: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    yearly: tuple[Yearly, ...] = ()
    ranges: tuple[tuple[date, date], ...] = ()
    windows: tuple[tuple[datetime, datetime], ...] = ()
    timezone: str | None = None
    also: tuple[str | Rules, ...] = ()
    hashed: int = field(init=False, repr=False, compare=False)  # once, and not per question

    def __post_init__(self) -> None:
        values = (getattr(self, each.name) for each in fields(self) if each.compare)
        object.__setattr__(self, "hashed", hash(tuple(values)))

    def __hash__(self) -> int:
        return self.hashed

    @classmethod
    def of(cls, written: Any, *, depth: int = 0) -> Rules:
        """Return the rules in a mapping. Raises InvalidSchedule with a sentence."""
        if not isinstance(written, Mapping):
            raise InvalidSchedule(
                f"A calendar is a dict of {', '.join(KEYS)}, not {type(written).__name__}."
            )
        for key in written:
            if key not in KEYS:
                raise InvalidSchedule(
                    f"A calendar has no {key!r:.60}.{did_you_mean(str(key)[:40], KEYS)}"
                )
        if depth > DEEPEST:
            raise InvalidSchedule(f"'also' is nested more than {DEEPEST} deep.")
        dates = [_day(each) for each in _listed(written, "dates")]
        ranges = [_range(each) for each in _listed(written, "ranges")]
        yearly = {each for each in dates if isinstance(each, tuple)}
        yearly |= {day for first, last in ranges for day in _days_between(first, last)}
        return cls(
            weekdays=_sorted(_weekday(each) for each in _listed(written, "weekdays")),
            dates=_sorted(each for each in dates if isinstance(each, date)),
            yearly=_sorted(yearly),
            ranges=_sorted(each for each in ranges if isinstance(each[0], date)),
            windows=_sorted_windows(_window(each) for each in _listed(written, "windows")),
            timezone=_timezone(written.get("timezone")),
            also=tuple(_other(each, depth=depth) for each in _listed(written, "also")),
        )


KEYS = ("weekdays", "dates", "ranges", "windows", "timezone", "also")


def _sorted(values: Any) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))


def _sorted_windows(windows: Any) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(sorted(set(windows), key=lambda each: [moment.isoformat() for moment in each]))


def _listed(written: Mapping[str, Any], key: str) -> list[Any]:
    values = written.get(key, ())
    if not isinstance(values, (list, tuple, set, frozenset)):
        raise InvalidSchedule(f"{key} is a list, not {values!r:.60}.")
    if len(values) > MOST:
        raise InvalidSchedule(f"{key} has {len(values)} entries, more than {MOST}.")
    return list(values)


def _weekday(value: Any) -> int:
    try:
        return weekdays.number_of(value)
    except LookupError as error:
        raise InvalidSchedule(f"weekdays: {error.args[0]}") from None


def _day(value: Any, *, within: str = "dates") -> date | Yearly:
    """Return a date, or the month and day of one that comes every year."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _YEARLY.fullmatch(value):
            yearly = date.fromisoformat(f"{LEAP}-{value}")
            return yearly.month, yearly.day
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidSchedule(
        f'{within}: {value!r:.60} is no day; write "2026-12-25", or "12-25" for every year.'
    )


def _range(value: Any) -> tuple[Any, Any]:
    first, last = (_day(each, within="ranges") for each in _pair("ranges", value))
    if type(first) is not type(last):
        raise InvalidSchedule(f"ranges: {value!r:.80} mixes a date with a day of every year.")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise InvalidSchedule(f"ranges: {value!r:.80} ends before it begins.")
    return first, last


def _days_between(first: date | Yearly, last: date | Yearly) -> list[Yearly]:
    """Return the days of a range that comes every year; it may run over the new year."""
    if isinstance(first, date) or isinstance(last, date):
        return []
    day, end = date(LEAP, *first), date(LEAP + (last < first), *_no_leap(last, first))
    return [((day + n * DAY).month, (day + n * DAY).day) for n in range((end - day).days + 1)]


def _no_leap(last: Yearly, first: Yearly) -> Yearly:
    return (2, 28) if last == (2, 29) and last < first else last


def _window(value: Any) -> tuple[datetime, datetime]:
    begin, end = (_moment(each) for each in _pair("windows", value))
    if (begin.tzinfo is None) is not (end.tzinfo is None):
        raise InvalidSchedule(f"windows: {value!r:.80} has a time zone at one end only.")
    if end <= begin:
        raise InvalidSchedule(f"windows: {value!r:.80} ends before it begins.")
    return begin, end


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise InvalidSchedule(
            f'windows: {value!r:.60} is no moment; write "2026-12-20T18:00", which means the '
            "calendar's timezone."
        )
    if found.tzinfo is None:
        return found.replace(fold=0)
    try:
        return zones.utc(found, what="windows: a moment")
    except InvalidTrigger as error:
        raise InvalidSchedule(str(error)) from None


def _pair(key: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:  # noqa: PLR2004
        raise InvalidSchedule(f"{key}: {value!r:.60} is no pair (first, last).")
    return value[0], value[1]


def _timezone(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return zones.zone(value if isinstance(value, (str, ZoneInfo)) else str(value)).key
    except InvalidTrigger as error:
        raise InvalidSchedule(f"timezone: {error}") from None


def _other(value: Any, *, depth: int) -> str | Rules:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, Rules):
        return value
    if not isinstance(value, Mapping):
        raise InvalidSchedule(f"also: {value!r:.60} is no name of a calendar.")
    return Rules.of(value, depth=depth + 1)
