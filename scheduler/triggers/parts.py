"""What triggers made of others share: which objects may be parts, and how specs nest."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scheduler import calendars
from scheduler.calendars import Calendar
from scheduler.calendars.names import Given
from scheduler.calendars.rules import Rules
from scheduler.due.protocol import Trigger, due_times, spec_of
from scheduler.exceptions import InvalidSchedule, InvalidTrigger

OURS: set[type] = set()  # the classes that from_spec() rebuilds
COUNTING: set[type] = set()  # those that may know a number of due times without listing them


def as_trigger(value: Any) -> Trigger:
    """Return ``value`` if it is a trigger, or what one of APScheduler's means as one of ours."""
    if isinstance(value, Trigger):
        return value
    if callable(getattr(value, "get_next_fire_time", None)):
        from scheduler.timer import of_apscheduler

        return of_apscheduler(value)
    raise InvalidTrigger(f"A trigger has next_after(moment) and spec(); {value!r:.80} has not.")


def as_calendar(value: Any) -> Given:
    """Return a calendar, its rules or its name; names are looked up when the trigger is asked."""
    if isinstance(value, (Calendar, Rules)) or (isinstance(value, str) and value):
        return value
    try:
        return Rules.of(value)
    except InvalidSchedule as error:
        raise InvalidTrigger(str(error)) from None


def calendar_of(given: Given) -> Calendar:
    try:
        return calendars.calendar(given)
    except InvalidSchedule as error:
        raise InvalidTrigger(str(error)) from error


def first_due(trigger: Trigger, moment: datetime) -> datetime | None:
    """Ask a part, which may be anybody's code, and remember nothing: few ask this again."""
    return next(due_times(trigger, moment), None)


def count_of(trigger: Any, since: datetime, until: datetime) -> int | None:
    """Return how many due times are in (since, until], or None: not without listing them."""
    # Not of a subclass, whose due times may be others.
    counted: int | None = trigger.count(since, until) if type(trigger) in COUNTING else None
    return counted


def zone_of(trigger: Any) -> ZoneInfo | None:
    """Return the zone in which a trigger of ours counts wall time, or None."""
    zone = getattr(trigger, "zone", None)
    return zone if isinstance(zone, ZoneInfo) else None


def described(trigger: Trigger) -> str:
    """Return a trigger in words, or its spec."""
    describe = getattr(trigger, "describe", None)
    return str(describe()) if callable(describe) else spec_of(trigger)


def called(given: Given) -> str:
    """Return a calendar's name, or its rules in words."""
    return given if isinstance(given, str) else calendar_of(given).describe()


def nested(trigger: Trigger) -> str:
    """Return the spec of a part as JSON: what from_spec() reads, or what it must refuse."""
    if type(trigger) in OURS:
        return _nested(trigger.spec(), ours=True)
    return _nested(spec_of(trigger), ours=False)


# One text per content, so that its hash is computed once: specs are keys of many a cache.
@lru_cache(maxsize=32_768)
def _nested(spec: str, *, ours: bool) -> str:
    if not ours:
        return json.dumps({"custom": spec})
    return spec if spec.startswith("{") else json.dumps(spec)


@lru_cache(maxsize=32_768)
def composed(*pairs: tuple[str, str]) -> str:
    """Return the JSON object with these keys, whose values are JSON already."""
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in pairs) + "}"
