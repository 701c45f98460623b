"""
Text -> trigger: what ``spec()`` of a trigger of ours says, and nothing else.

A simple trigger is a line, such as ``cron 0 9 * * MON Europe/Paris``; one made of others is a
JSON object. Nothing is evaluated or imported, and work is bounded whatever the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scheduler.calendars import Calendar, Rules
from scheduler.due.cron_syntax import shown
from scheduler.due.protocol import Trigger
from scheduler.exceptions import InvalidSchedule, InvalidTrigger
from scheduler.triggers import parts
from scheduler.triggers.combined import AllOf, AnyOf, Between
from scheduler.triggers.days import Daily, Weekly
from scheduler.triggers.excluding import Except
from scheduler.triggers.expression import Cron
from scheduler.triggers.interval import Every, interval_of
from scheduler.triggers.months import Monthly
from scheduler.triggers.moved import Moved
from scheduler.triggers.once import At

LONGEST = 250_000  # characters
LONGEST_LINE = 2000
DEEPEST = 12  # triggers within triggers
MOST_TRIGGERS = 500

_LINE = re.compile(
    r"cron (?P<expression>.+) (?P<zone>\S+)"
    r"|every (?P<seconds>[0-9]{1,14})(?:\.(?P<fraction>[0-9]{1,6}))?s from (?P<first>\S+)"
    r"|at (?P<moment>\S+)"
    r"|every (?:(?P<every>[0-9]{1,4}) )?(?P<unit>day|week|month)s?(?: on (?P<on>[A-Za-z0-9, ]+))?"
    r" at (?P<at>[0-9:, ]+)(?: from (?P<anchor>[0-9-]+))? in (?P<place>\S+)",
    re.ASCII,
)


def from_spec(text: str) -> Trigger:
    """Return the trigger of ours whose ``spec()`` is ``text``. Raises InvalidTrigger."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise _refusal(text)
    if not text.startswith("{"):
        return _line(text)
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise _refusal(text) from None
    if _size(tree) > MOST_TRIGGERS:
        raise InvalidTrigger(f"{shown(text)} is made of more than {MOST_TRIGGERS} triggers.")
    return _read(tree, depth=0)


def _size(tree: Any) -> int:
    """Count the triggers of a tree, as far as it is one."""
    count, left = 0, [tree]
    while left and count <= MOST_TRIGGERS:
        node = left.pop()
        count += 1
        if isinstance(node, dict):
            left.append(node.get("trigger"))
            listed = node.get("any of", node.get("all of"))
            left += listed if isinstance(listed, list) else []
    return count


def _read(node: Any, *, depth: int) -> Trigger:
    if depth > DEEPEST:
        raise InvalidTrigger(f"A trigger holds others at most {DEEPEST} deep.")
    if isinstance(node, str):
        return _line(node)
    read = READERS.get(frozenset(node)) if isinstance(node, dict) else None
    if read is None:
        raise _refusal(node)
    return read(node, lambda inner: _read(inner, depth=depth + 1))


Read = Callable[[Any], Trigger]


def _any_of(node: dict[str, Any], read: Read) -> Trigger:
    return AnyOf(*map(read, _list(node["any of"])))


def _all_of(node: dict[str, Any], read: Read) -> Trigger:
    return AllOf(*map(read, _list(node["all of"])))


def _between(node: dict[str, Any], read: Read) -> Trigger:
    bounds = _list(node["between"])
    if len(bounds) != 2:  # noqa: PLR2004
        raise _refusal(node)
    start, end = (None if bound is None else _moment(bound) for bound in bounds)
    return Between(read(node["trigger"]), start, end)


def _except(node: dict[str, Any], read: Read) -> Trigger:
    return Except(read(node["trigger"]), _calendar(node["except"]))


def _moved(node: dict[str, Any], read: Read) -> Trigger:
    if not isinstance(node["moved"], str):
        raise _refusal(node)
    return Moved(read(node["trigger"]), _calendar(node["calendar"]), node["moved"])


def _monthly(node: dict[str, Any], read: Read) -> Trigger:
    line = node["trigger"]
    found = _LINE.fullmatch(line) if isinstance(line, str) and len(line) <= LONGEST_LINE else None
    if found is None or found["unit"] != "month":
        raise _refusal(node)
    return _wall_times(found, calendar=_calendar(node["business days"]))


READERS: dict[frozenset[str], Callable[[dict[str, Any], Read], Trigger]] = {
    frozenset({"any of"}): _any_of,
    frozenset({"all of"}): _all_of,
    frozenset({"trigger", "between"}): _between,
    frozenset({"trigger", "except"}): _except,
    frozenset({"trigger", "moved", "calendar"}): _moved,
    frozenset({"trigger", "business days"}): _monthly,
}


def _line(text: str) -> Trigger:
    found = _LINE.fullmatch(text) if len(text) <= LONGEST_LINE else None
    if found is None:
        raise _refusal(text)
    if expression := found["expression"]:
        return Cron(expression, found["zone"])
    if moment := found["moment"]:
        return At(_moment(moment))
    if found["unit"]:
        return _wall_times(found, calendar=None)
    micros = int((found["fraction"] or "").ljust(6, "0"))
    interval = interval_of(seconds=int(found["seconds"]), microseconds=micros)
    return Every(interval, anchor=_moment(found["first"]))


def _wall_times(found: re.Match[str], *, calendar: Calendar | None) -> Trigger:
    unit, on = found["unit"], found["on"]
    if (on is None) is not (unit == "day"):
        raise _refusal(found.string)
    options: dict[str, Any] = {"every": int(found["every"] or 1), "timezone": found["place"]}
    if found["anchor"]:
        options["anchor"] = found["anchor"] + ("-01" if unit == "month" else "")
    if unit == "day":
        return Daily(found["at"], **options)
    if unit == "week":
        return Weekly(on, at=found["at"], **options)
    return Monthly(on, at=found["at"], calendar=calendar, **options)


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise InvalidTrigger(f"{shown(str(text))} is no ISO 8601 date and time.") from None


def _calendar(rules: Any) -> Calendar:
    try:
        return Calendar.of(Rules.of(rules))
    except InvalidSchedule as error:
        raise InvalidTrigger(f"A calendar in a trigger: {error}") from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _refusal(value)
    return value


def _refusal(text: Any) -> InvalidTrigger:
    told = text[:100] if isinstance(text, str) else repr(text)[:100]
    return InvalidTrigger(f"{shown(told)} is not the spec of a trigger of ours.")


parts.COUNTING |= {Every, Between, Except}
parts.OURS |= {Cron, Every, At, Daily, Weekly, Monthly, AnyOf, AllOf, Between, Except, Moved}
