"""
APScheduler's ``CronTrigger``: eight fields, all of which must match; Monday is 0.

They are read from their text, which is what somebody wrote: numbers, ranges, steps, names, and
among the days ``last`` and ``2nd fri``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scheduler.due.cron_fields import MONTH
from scheduler.importing import seconds
from scheduler.importing.fields import WEEK, Fields
from scheduler.importing.origin import zone_of
from scheduler.importing.readings import Untranslatable
from scheduler.triggers import Trigger

_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?", re.ASCII)
_NTH = re.compile(r"(?P<place>1st|2nd|3rd|4th|5th|last) (?P<weekday>[a-z]{3})", re.IGNORECASE)
WEEKDAYS = {name.lower(): number for number, name in enumerate(WEEK)}  # Monday is 0
MONTHS = {name.lower(): number for name, number in MONTH.names.items()}
BOUNDS = {
    "month": (1, 12),
    "day": (1, 31),
    "day_of_week": (0, 6),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
REFUSED = {
    "year": "write start_at and end_at for a span of years, or at= for one moment",
    "week": "no trigger here counts the weeks of a year; Weekly(every=…) leaves weeks out",
}


def of_cron_trigger(trigger: Any) -> Trigger:
    """Return a trigger that is due when all the fields match. Raises Untranslatable."""
    texts = {field.name: str(field) for field in trigger.fields}
    for name, cure in REFUSED.items():
        if texts[name] != "*":
            raise Untranslatable(f"It names the {name} {texts[name]}: {cure}.")
    zone = zone_of(trigger.timezone)
    wanted = Fields(
        minutes=_numbers(texts, "minute"),
        hours=_numbers(texts, "hour"),
        days=_numbers(texts, "day"),
        months=_numbers(texts, "month"),
        weekdays=frozenset((day + 1) % 7 for day in _numbers(texts, "day_of_week")),
        is_last="last" in _items(texts, "day"),
        nth=tuple(_nths(texts)),
    )
    return seconds.trigger(wanted, _numbers(texts, "second"), zone)


def _items(texts: Mapping[str, str], name: str) -> list[str]:
    return [item.strip() for item in texts[name].split(",")]


def _numbers(texts: Mapping[str, str], name: str) -> frozenset[int]:
    """Return what a field means, without the days that a month counts."""
    return frozenset(
        number
        for item in _items(texts, name)
        if not (name == "day" and (item == "last" or _NTH.fullmatch(item)))
        for number in _range(item, name)
    )


def _range(item: str, name: str) -> range:
    found = _ITEM.fullmatch(item)
    if found is None:
        raise Untranslatable(f"Its {name} field says {item!r}, which cannot be read.")
    low, high = BOUNDS[name]
    step = int(found["step"] or 1)
    if found["first"] == "*":
        return range(low, high + 1, step)
    first = _number(found["first"], name)
    # 5/15 runs to the end; 5 is only itself.
    last = _number(found["last"], name) if found["last"] else (high if found["step"] else first)
    return range(first, last + 1, step)


def _number(text: str, name: str) -> int:
    names = {"month": MONTHS, "day_of_week": WEEKDAYS}.get(name, {})
    return int(text) if text.isdigit() else names[text.lower()]


def _nths(texts: Mapping[str, str]) -> Iterator[str]:
    for item in _items(texts, "day"):
        if found := _NTH.fullmatch(item):
            place = "L" if found["place"].lower() == "last" else found["place"][0]
            yield f"{found['weekday'].upper()}#{place}"
