"""The kinds of trigger that a form has fields for, and a stored trigger as those fields."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scheduler.admin.forms.fields import local
from scheduler.due import weekdays
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import EPOCH, At, Cron, Daily, Every, Monthly, Weekly, from_spec, wall


class Kind(TextChoices):
    CRON = "cron", _("Cron expression")
    EVERY = "every", _("Again and again, after the same time")
    DAILY = "daily", _("Every day, or every nth")
    WEEKLY = "weekly", _("On weekdays, every week or every nth")
    MONTHLY = "monthly", _("On a day of the month, every month or every nth")
    AT = "at", _("Once")
    SPEC = "spec", _("A combination, as text")


_COUNTED = ("times", "nth", "days_from", "timezone")
FIELDS: dict[str, tuple[str, ...]] = {
    Kind.CRON: ("cron", "timezone"),
    Kind.EVERY: ("every_count", "every_unit", "every_from"),
    Kind.DAILY: _COUNTED,
    Kind.WEEKLY: ("weekdays", *_COUNTED),
    Kind.MONTHLY: ("on", *_COUNTED),
    Kind.AT: ("at", "timezone"),
    Kind.SPEC: ("spec",),
}
# Where what is wrong with a trigger as a whole is told.
MAIN: dict[str, str] = {
    Kind.CRON: "cron",
    Kind.EVERY: "every_count",
    Kind.DAILY: "times",
    Kind.WEEKLY: "weekdays",
    Kind.MONTHLY: "on",
    Kind.AT: "at",
    Kind.SPEC: "spec",
}
# In which order, and which of them side by side.
WHEN = (
    "kind",
    "cron",
    ("every_count", "every_unit"),
    "every_from",
    "weekdays",
    "on",
    "at",
    "times",
    ("nth", "days_from"),
    "spec",
    "timezone",
)
SIZES = {"w": 604_800, "d": 86_400, "h": 3600, "min": 60, "s": 1}
UNITS = [
    (str(SIZES["s"]), _("seconds")),
    (str(SIZES["min"]), _("minutes")),
    (str(SIZES["h"]), _("hours")),
    (str(SIZES["d"]), _("days of 24 hours")),
    (str(SIZES["w"]), _("weeks of 168 hours")),
]


def initial_of(spec: str) -> dict[str, Any]:
    """Return what the fields say about a trigger, or about none."""
    usual = {"timezone": settings.TIME_ZONE, "every_unit": str(SIZES["min"]), "nth": 1}
    return {**usual, **(_of(spec) if spec else {"kind": Kind.CRON})}


def _of(spec: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": Kind.SPEC, "spec": spec}
    with suppress(InvalidTrigger):
        match trigger := from_spec(spec):
            case Cron():
                zone = trigger.zone.key
                found = {"kind": Kind.CRON, "cron": trigger.expression, "timezone": zone}
            case At():
                found = {"kind": Kind.AT, "at": local(trigger.moment)}
            case Every() if not trigger.interval.microseconds:
                found = {"kind": Kind.EVERY, **_interval(trigger)}
            case Daily():
                found = {"kind": Kind.DAILY, **_counted(trigger)}
            case Weekly():
                days = [weekdays.SHORT[number] for number in trigger.on]
                found = {"kind": Kind.WEEKLY, "weekdays": days, **_counted(trigger)}
            case Monthly(calendar=None):
                on = ", ".join(map(str, trigger.on))
                found = {"kind": Kind.MONTHLY, "on": on, **_counted(trigger)}
    return found


def _interval(trigger: Every) -> dict[str, Any]:
    seconds = int(trigger.interval.total_seconds())
    size = next(size for size in SIZES.values() if seconds % size == 0)
    found: dict[str, Any] = {"every_count": seconds // size, "every_unit": str(size)}
    if trigger.anchor != EPOCH:
        found["every_from"] = local(trigger.anchor)
    return found


def _counted(trigger: Daily | Weekly | Monthly) -> dict[str, Any]:
    found: dict[str, Any] = {
        "times": wall.written(trigger.at),
        "nth": trigger.every,
        "timezone": trigger.zone.key,
    }
    if trigger.every > 1:
        found["days_from"] = trigger.anchor
    return found
