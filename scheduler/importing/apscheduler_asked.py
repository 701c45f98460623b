"""A trigger of APScheduler, asked when it is due, where its answers can be compared with ours."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any

from scheduler.exceptions import InvalidTrigger
from scheduler.importing.readings import NextAfter
from scheduler.timer import asked
from scheduler.triggers import as_trigger

STEPS = "apscheduler.triggers.calendarinterval.CalendarIntervalTrigger"
ALL = "apscheduler.triggers.combining.AndTrigger"
ONCE = "apscheduler.triggers.date.DateTrigger"


def kind_of(trigger: Any) -> str:
    """Return which class exactly it is; a subclass may mean something else."""
    return f"{type(trigger).__module__}.{type(trigger).__qualname__}"


def asked_of(trigger: Any) -> NextAfter | None:
    """Return whom to ask, without jitter; nobody where an answer would differ or never come."""
    parts = [trigger, *getattr(trigger, "triggers", ())]
    begun = [getattr(each, "start_date", None) for each in parts]
    if any(isinstance(each, datetime) and each.microsecond for each in begun):
        return None
    kinds = {kind_of(each) for each in parts}
    if kinds & {ALL, ONCE} or (STEPS in kinds and len(parts) > 1):
        return None
    if STEPS in kinds:  # it goes on from its own last answer only
        return _steps(trigger)
    steady = copy(trigger)
    if getattr(steady, "jitter", None):
        steady.jitter = None
    return asked(steady).next_after


def _steps(trigger: Any) -> NextAfter | None:
    try:
        return as_trigger(trigger).next_after
    except InvalidTrigger:  # it begins today, as where no start was named
        return None
