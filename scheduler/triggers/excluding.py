"""Due when a trigger is, without the times that a calendar excludes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.calendars import Calendar, allowed_from
from scheduler.calendars.names import Given
from scheduler.due.protocol import Trigger
from scheduler.triggers import parts

MICROSECOND = timedelta(microseconds=1)
MOST_RUNS = 500  # excluded stretches that are looked across before it is never due
MOST_COUNTED = 4000  # stretches that are counted one by one


@dataclass(frozen=True, slots=True, init=False)
class Except:
    """
    Due when ``trigger`` is and ``calendar`` does not exclude it; other due times do not exist.

    ``calendar`` is one of SCHEDULER["CALENDARS"] by name, its rules, or a Calendar. Never due
    again once it excluded the trigger in 500 stretches on end. Raises InvalidTrigger.
    """

    trigger: Trigger
    calendar: Given

    def __init__(self, trigger: Any, calendar: Any) -> None:
        object.__setattr__(self, "trigger", parts.as_trigger(trigger))
        object.__setattr__(self, "calendar", parts.as_calendar(calendar))

    @property
    def zone(self) -> ZoneInfo | None:
        return parts.zone_of(self.trigger)

    def next_after(self, moment: datetime) -> datetime | None:
        return first_allowed(self.trigger, parts.calendar_of(self.calendar), moment)

    def count(self, since: datetime, until: datetime) -> int | None:
        """Return how many due times are in (since, until], or None: not without listing them."""
        if parts.count_of(self.trigger, since, until) is None:
            return None
        calendar, total = parts.calendar_of(self.calendar), 0
        for _ in range(MOST_COUNTED):
            if since >= until:
                return total
            begins = since + MICROSECOND
            change = calendar.next_change(begins)
            end = until if change is None else min(until, change - MICROSECOND)
            if not calendar.excludes(begins):
                total += parts.count_of(self.trigger, since, end) or 0
            since = end
        return None

    def spec(self) -> str:
        calendar = parts.calendar_of(self.calendar).spec()
        return parts.composed(("trigger", parts.nested(self.trigger)), ("except", calendar))

    def describe(self) -> str:
        return f"{parts.described(self.trigger)}, except {parts.called(self.calendar)}"


def first_allowed(trigger: Trigger, calendar: Calendar, moment: datetime) -> datetime | None:
    """Return the first due time after ``moment`` that ``calendar`` does not exclude."""
    for _ in range(MOST_RUNS):
        due_at = parts.first_due(trigger, moment)
        if due_at is None or not calendar.excludes(due_at):
            return due_at
        allowed = allowed_from(calendar, due_at)
        if allowed is None:
            return None
        moment = allowed - MICROSECOND
    return None
