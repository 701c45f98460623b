"""The options of an entry that say when: exactly one of four."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from scheduler.due import zones
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidSchedule, InvalidTrigger
from scheduler.triggers import At, Cron, Every, Trigger, as_trigger

TRIGGERS = ("cron", "every", "at", "trigger")


def trigger_from(options: Mapping[str, Any]) -> Trigger:
    """Return the one trigger that ``options`` name. Raises InvalidSchedule or InvalidTrigger."""
    given = [name for name in TRIGGERS if name in options]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        raise InvalidSchedule(f"Say exactly one of {', '.join(TRIGGERS)}; found {told}.")
    if "timezone" in options and given[0] not in {"cron", "at"}:
        raise InvalidSchedule(f"'timezone' belongs to 'cron' and 'at', not to '{given[0]}'.")
    value = options[given[0]]
    if given[0] == "cron":
        return Cron(value, timezone=options.get("timezone"))
    if given[0] == "every":
        return _every(value)
    if given[0] == "at":
        return _at(value, options.get("timezone"))
    trigger = as_trigger(value)
    spec_of(trigger)
    return trigger


def _at(value: Any, timezone: Any) -> At:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        example = "2026-12-24T18:00"
        told = f"'at' is a datetime or its ISO text, such as {example!r}, not {value!r:.80}."
        raise InvalidTrigger(told) from None
    if isinstance(moment, datetime) and moment.tzinfo is None and timezone is None:
        timezone = zones.default_zone()
    return At(moment, timezone)


def _every(value: Any) -> Every:
    if isinstance(value, bool) or not isinstance(value, (timedelta, int, float)):
        raise InvalidTrigger(f"'every' is a timedelta or seconds, not {value!r:.80}.")
    return Every(value) if isinstance(value, timedelta) else Every(seconds=value)
