"""The options that say what becomes of a due time, each checked with a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.db.models import TextChoices

from scheduler.choices import CalendarAction, CatchUp, Overlap
from scheduler.due import zones
from scheduler.exceptions import InvalidSchedule
from tasks_core.conf import did_you_mean

MAX_LIMIT = 10_000
MAX_RUNS = 2**31 - 1
MAX_NAME = 64

Check = Callable[[str, Any], Any]


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policies among ``options`` in the form that a row has. Raises InvalidSchedule."""
    found = {name: check(name, options[name]) for name, check in CHECKS.items() if name in options}
    start, end = found.get("start_at"), found.get("end_at")
    if start and end and end < start:
        raise InvalidSchedule(f"end_at, {end}, lies before start_at, {start}.")
    if "calendar_action" in found and not found.get("calendar"):
        raise InvalidSchedule("calendar_action says what a calendar does; name one: calendar=….")
    return found


def _one_of(choices: type[TextChoices]) -> Check:
    def check(name: str, value: Any) -> str:
        if value not in choices.values:
            raise InvalidSchedule(
                f"{name} cannot be {value!r:.80}.{did_you_mean(value, choices.values)}"
            )
        return str(value)

    return check


def _whole(highest: int, *, or_none: bool = False) -> Check:
    def check(name: str, value: Any) -> int | None:
        if value is None and or_none:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
            raise InvalidSchedule(
                f"{name} is a whole number from 1 to {highest}, not {value!r:.80}."
            )
        return value

    return check


def _span(*, or_none: bool = False) -> Check:
    def check(name: str, value: Any) -> timedelta | None:
        if value is None and or_none:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
            value = timedelta(seconds=value)
        if not isinstance(value, timedelta) or value < timedelta(0):
            raise InvalidSchedule(
                f"{name} is a timedelta, or seconds, of at least 0, not {value!r:.80}."
            )
        return value

    return check


def moment(name: str, value: Any) -> datetime | None:
    """Return an instant in UTC; naive means the default time zone. Raises InvalidSchedule."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise InvalidSchedule(
            f"{name} is a datetime or its ISO text, such as '2026-12-24T18:00', not {value!r:.80}."
        )
    if found.tzinfo is None:
        return zones.instant_of(found, zones.default_zone())
    return zones.utc(found, what=name)


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise InvalidSchedule(
            f"{name} is a name of at most {MAX_NAME} characters, not {value!r:.80}."
        )
    return value


CHECKS: dict[str, Check] = {
    "catch_up": _one_of(CatchUp),
    "catch_up_limit": _whole(MAX_LIMIT),
    "catch_up_window": _span(or_none=True),
    "overlap": _one_of(Overlap),
    "overlap_timeout": _span(),
    "splay": _span(),
    "start_at": moment,
    "end_at": moment,
    "max_runs": _whole(MAX_RUNS, or_none=True),
    "calendar": _name,
    "calendar_action": _one_of(CalendarAction),
    "must_succeed_within": _span(or_none=True),
}
