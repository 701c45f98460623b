"""
Numbers that must all match, seconds among them. Cron has no seconds; other triggers do.

In every minute of every day: ``Every``. At a hundred times of day at most: ``Daily``, ``Weekly``
and ``Monthly``, whose times of day have seconds.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from scheduler.due.cron_fields import MONTH
from scheduler.importing.fields import HOUR, MINUTE, NEVER, WEEK, Fields
from scheduler.importing.readings import Over, Untranslatable
from scheduler.triggers import (
    EPOCH,
    AllOf,
    AnyOf,
    Daily,
    Every,
    Monthly,
    Trigger,
    Weekly,
    described,
)
from scheduler.triggers.wall import MOST_TIMES

SECONDS = 60
A_MINUTE = timedelta(minutes=1)
FIRST = frozenset({0})
YEAR = 12  # months


def trigger(fields: Fields, seconds: frozenset[int], zone: ZoneInfo) -> Trigger:
    """Return what is due when all of them match. Raises Untranslatable where nothing here is."""
    if seconds == FIRST:
        return fields.trigger(zone)
    if _is_every_minute(fields):
        return _in_every_minute(sorted(seconds))
    count = len(fields.hours) * len(fields.minutes) * len(seconds)
    if not 1 <= count <= MOST_TIMES:
        raise Untranslatable(
            f"It has seconds, and {count} times of day; {MOST_TIMES} are the most that a trigger "
            "with seconds has here. Leave the seconds out, or use Every(seconds=…)."
        )
    at = [time(*each) for each in sorted(product(fields.hours, fields.minutes, seconds))]
    return _on_days(fields, at, zone)


def _is_every_minute(fields: Fields) -> bool:
    return (
        (len(fields.minutes), len(fields.hours), len(fields.months))
        == (MINUTE.size, HOUR.size, MONTH.size)
        and fields.has_all_days
        and fields.has_all_weekdays
    )


def _in_every_minute(seconds: list[int]) -> Trigger:
    step = SECONDS // len(seconds)
    if seconds == list(range(0, SECONDS, step)):
        return Every(seconds=step)
    each = [Every(minutes=1, anchor=EPOCH + timedelta(seconds=second)) for second in seconds]
    return each[0] if len(each) == 1 else AnyOf(*each)


def in_words(trigger: Trigger) -> str:
    """Describe a trigger, also one that is due at some seconds of every minute."""
    parts = trigger.triggers if isinstance(trigger, AnyOf) else (trigger,)
    each = [part for part in parts if isinstance(part, Every) and part.interval == A_MINUTE]
    if len(each) < len(parts) or trigger == Every(A_MINUTE):
        return described(trigger)
    seconds = sorted({part.anchor.second for part in each})
    return f"every minute, at the seconds {', '.join(map(str, seconds))}"


def _on_days(fields: Fields, at: list[time], zone: ZoneInfo) -> Trigger:
    by_weekday = [WEEK[(day - 1) % 7] for day in fields.weekdays]
    of_month = _days_of_month(fields)
    if not of_month and not fields.has_all_days:
        raise Over(NEVER)
    months = len(fields.months) != MONTH.size
    found: list[Trigger] = []
    if of_month or months:
        on = of_month or list(range(1, 32))
        if months:
            each = [_of_month(month, on=on, at=at, zone=zone) for month in sorted(fields.months)]
            found.append(each[0] if len(each) == 1 else AnyOf(*each))
        else:
            found.append(Monthly(on, at=at, timezone=zone))
    if not fields.has_all_weekdays and (fields.has_all_days or fields.days or fields.is_last):
        found.append(Weekly(by_weekday, at=at, timezone=zone))
    if not found:
        return Daily(at, timezone=zone)
    return found[0] if len(found) == 1 else AllOf(*found)


def _of_month(month: int, *, on: list[int | str], at: list[time], zone: ZoneInfo) -> Monthly:
    anchor = date(EPOCH.year, month, 1)
    return Monthly(on, at=at, every=YEAR, anchor=anchor, timezone=zone)


def _days_of_month(fields: Fields) -> list[int | str]:
    """Return the days as Monthly names them, or nothing if every day is meant."""
    if fields.has_all_days:
        return []
    nth = [each.split("#") for each in fields.counted]
    named = [f"{'last' if place == 'L' else NTH[int(place)]} {name}" for name, place in nth]
    return [*sorted(fields.days), *(["last day"] if fields.is_last else []), *named]


NTH = ("", "1st", "2nd", "3rd", "4th", "5th")
