"""
APScheduler's triggers as values of ours: strictly increasing, and the same in every process.

Those whose meaning is exactly one of ours become it. The others are asked with care: they may
answer with a time that is not later, count from the moment they are asked, or never come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import AndTrigger, OrTrigger
from apscheduler.triggers.cron.fields import BaseField
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from scheduler.due import zones
from scheduler.due.protocol import Trigger
from scheduler.exceptions import InvalidTrigger
from scheduler.timer.croniter import CroniterTrigger
from scheduler.timer.steps import CalendarSteps
from scheduler.triggers import AllOf, AnyOf, At, Between, Cron, Every
from tasks_core import clock

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
MOST_LOOKS = 1000
SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def of_apscheduler(trigger: BaseTrigger) -> Trigger:
    """Return what an APScheduler trigger means as one of ours. Raises InvalidTrigger."""
    if getattr(trigger, "jitter", None):
        raise InvalidTrigger(
            f"{type(trigger).__name__} has jitter, which is random: every process would have "
            "other due times. Leave it out; splay= of a schedule spreads load by a fixed offset."
        )
    return MEANINGS.get(type(trigger), _asked)(trigger)


@dataclass(frozen=True, slots=True)
class Asked:
    """An APScheduler trigger that is asked for each due time; CronTrigger is one."""

    text: str
    trigger: BaseTrigger = field(compare=False, repr=False)

    @property
    def zone(self) -> ZoneInfo | None:
        zone = getattr(self.trigger, "timezone", None)
        return zone if isinstance(zone, ZoneInfo) else None

    def next_after(self, moment: datetime) -> datetime | None:
        now = moment + MICROSECOND
        for _ in range(MOST_LOOKS):
            found = self.trigger.get_next_fire_time(None, now)
            if found is None:
                return None
            found = zones.utc(found, what=f"What {self.text:.80} yields")
            if found > moment:
                return found
            now += MINUTE  # around a change of the clocks it may be stuck in the past
        raise InvalidTrigger(f"{self.text:.80} yields no due time after {moment}.")

    def spec(self) -> str:
        return self.text

    def describe(self) -> str:
        return str(self.trigger)


def asked(trigger: BaseTrigger) -> Asked:
    """Return what APScheduler itself says, to compare with it: no value that a row could keep."""
    return Asked(str(trigger), trigger)


def _asked(trigger: BaseTrigger) -> Asked:
    kind = type(trigger)
    state = _written(trigger.__getstate__(), of=kind.__name__)
    value = Asked(f"apscheduler {kind.__module__}.{kind.__qualname__} {state}", trigger)
    first = value.next_after(SOME_MOMENT)
    if first is not None:
        between = SOME_MOMENT + (first - SOME_MOMENT) / 2
        if value.next_after(between) != first:
            raise InvalidTrigger(
                f"{kind.__name__} counts from the moment it is asked, so that every process would "
                "have other due times. Use Every, or write a trigger with next_after() and spec()."
            )
    return value


def _at(trigger: DateTrigger) -> At:
    return At(_stated(trigger.run_date, of="DateTrigger", option="run_date"))


def _every(trigger: IntervalTrigger) -> Between:
    start = _stated(trigger.start_date, of="IntervalTrigger", option="start_date")
    return Between(Every(trigger.interval, anchor=start), start, trigger.end_date)


def _steps(trigger: CalendarIntervalTrigger) -> CalendarSteps:
    # Left out, it is the day on which the process started, and nothing tells which it was.
    if trigger.start_date == clock.now().astimezone().date():
        raise InvalidTrigger(
            "CalendarIntervalTrigger starts today, as it does wherever start_date is left out: "
            "name a start_date= that is another day, or use Daily, Weekly or Monthly."
        )
    zone = zones.zone(getattr(trigger.timezone, "key", str(trigger.timezone)))
    return CalendarSteps(
        months=trigger.years * 12 + trigger.months,
        days=trigger.weeks * 7 + trigger.days,
        start=trigger.start_date,
        end=trigger.end_date,
        at=trigger._time.replace(tzinfo=None),  # noqa: SLF001  it has no public name
        zone=zone,
    )


def _stated(moment: datetime, *, of: str, option: str) -> datetime:
    # Left out, it is the clock's time, to the microsecond; nobody writes one of those.
    if moment.microsecond:
        raise InvalidTrigger(
            f"{of} begins at {moment}, as it does where {option} is left out: every process would "
            f"count from when it was started. Name a {option}= in whole seconds, or use Every."
        )
    return moment


def _written(value: Any, *, of: str) -> str:
    """Return the state of a trigger as text that is equal in every process."""
    match value:
        case BaseField():
            text = f"{value.name}={value}"
        case datetime() | date() | time() | timedelta() | tzinfo():  # a ZoneInfo is its key
            text = str(value)
        case None | bool() | int() | float() | str():
            text = repr(value)
        case Mapping():
            kept = sorted(set(value) - {"version", "jitter"}, key=str)
            text = " ".join(f"{key}:{_written(value[key], of=of)}" for key in kept)
        case list() | tuple():
            text = f"[{', '.join(_written(each, of=of) for each in value)}]"
        case _:
            raise InvalidTrigger(
                f"{of} holds a {type(value).__name__}, which no text tells from others in every "
                "process. Give it a __getstate__() of plain values, or write a trigger with "
                "next_after() and spec()."
            )
    return text


# Exactly these classes: a subclass may mean something else, and is asked.
MEANINGS: dict[type, Callable[[Any], Trigger]] = {
    DateTrigger: _at,
    IntervalTrigger: _every,
    CalendarIntervalTrigger: _steps,
    CroniterTrigger: lambda trigger: Cron(trigger.expression, trigger.timezone),
    OrTrigger: lambda trigger: AnyOf(*map(of_apscheduler, trigger.triggers)),
    AndTrigger: lambda trigger: AllOf(*map(of_apscheduler, trigger.triggers)),
}
