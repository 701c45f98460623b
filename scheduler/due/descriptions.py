"""Triggers in words that people read. The only home of cron_descriptor (extra: cli)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.due import cron_days
from scheduler.due.cron_fields import FIELDS, Field

_LAST = re.compile(r"(\w+)#L")
UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def cron(expression: str, zone: ZoneInfo) -> str:
    """Return "At 02:30 (Europe/London)", or the bare expression without cron_descriptor."""
    return f"{_cron_words(expression)} ({zone.key})"


@lru_cache(maxsize=1024)
def _cron_words(expression: str) -> str:
    try:
        from cron_descriptor import (  # type: ignore[import-untyped]
            FormatException,
            Options,
            get_description,
        )
    except ImportError:
        return expression
    if _is_too_subtle(expression):
        return expression
    spelled = _LAST.sub(r"\1L", expression)  # FRI#L is FRIL there
    options = Options()  # version 1, which django-celery-beat needs, takes no arguments
    options.use_24hour_time_format, options.locale_code = True, "en_US"
    try:
        words: str = get_description(spelled, options)
    except FormatException:
        return expression
    _, _, day, _, weekday = expression.split(" ")
    if "*" not in (day, weekday) and " or " not in words:
        return expression  # version 1 says that both must match
    return words


def _is_too_subtle(expression: str) -> bool:
    """Tell where the words would be wrong."""
    columns = expression.split(" ")
    _, _, day, _, weekday = columns
    both_must_match = "*" in (day[0], weekday[0]) and "*" not in (day, weekday)  # rule R4
    counted = cron_days.are_counted(expression)  # alone it is told well; in a list, or with OR, not
    beside = "," in day + weekday or "*" not in (day, weekday)
    star_in_list = any("*" in column and "," in column for column in columns)
    return (
        both_must_match
        or star_in_list
        or (counted and beside)
        or any(map(_is_uneven, FIELDS, columns))
    )


def _is_uneven(column: Field, text: str) -> bool:
    """*/45 is no "every 45 minutes": it is :00 and :45."""
    return text.startswith("*/") and column.size % int(text[2:]) != 0


def every(interval: timedelta) -> str:
    """Return "every 5 minutes", in the largest unit that divides ``interval``."""
    for name, unit in UNITS:
        if not interval % unit:
            count = interval // unit
            return f"every {name}" if count == 1 else f"every {count} {name}s"
    return f"every {interval.total_seconds():g} seconds"


def at(moment: datetime) -> str:
    return f"once at {moment:%Y-%m-%d %H:%M:%S} UTC"
