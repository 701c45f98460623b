"""
Triggers: values that yield due times. Pure; the moment to start from comes in as an argument.

A trigger of your own is any object with ``next_after(moment)`` and ``spec()``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler import cron
from scheduler.due import descriptions, zones
from scheduler.due.cron_syntax import shown
from scheduler.due.protocol import Trigger, due_times, next_due
from scheduler.exceptions import InvalidTrigger

__all__ = ["At", "Cron", "Every", "Trigger", "due_times", "from_spec", "next_due"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

_SPEC = re.compile(
    r"cron (?P<expression>.+) (?P<zone>\S+)"
    r"|every (?P<seconds>[0-9]{1,14})(?:\.(?P<fraction>[0-9]{1,6}))?s from (?P<anchor>\S+)"
    r"|at (?P<moment>\S+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Cron:
    """
    Due when the wall clock of a time zone matches a cron expression; see ``scheduler.cron``.

    ``timezone`` is an IANA name or a ZoneInfo; None is the TIME_ZONE setting, read when asked.
    Raises InvalidTrigger.
    """

    expression: str
    timezone: str | ZoneInfo | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", cron.validate(self.expression))
        if self.timezone is not None:
            object.__setattr__(self, "timezone", zones.zone(self.timezone).key)

    @property
    def zone(self) -> ZoneInfo:
        return zones.default_zone() if self.timezone is None else zones.zone(self.timezone)

    def next_after(self, moment: datetime) -> datetime | None:
        return cron.next_after(self.expression, self.zone, moment)

    def spec(self) -> str:
        return f"cron {self.expression} {self.zone.key}"

    def describe(self) -> str:
        return descriptions.cron(self.expression, self.zone)


@dataclass(frozen=True, slots=True, init=False)
class Every:
    """
    Due at ``anchor`` and at every whole number of intervals from it; it never drifts.

    Elapsed time, not wall time: ``Every(days=1)`` is 24 hours on every day of the year. At
    least one second. Raises InvalidTrigger.
    """

    interval: timedelta
    anchor: datetime

    def __init__(
        self,
        interval: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        anchor: datetime = EPOCH,
    ) -> None:
        if interval is None:
            interval = _interval(days=days, hours=hours, minutes=minutes, seconds=seconds)
        elif days or hours or minutes or seconds:
            raise InvalidTrigger("Every takes a timedelta or seconds=, minutes=, …, not both.")
        if not isinstance(interval, timedelta):
            raise InvalidTrigger(f"Every takes a timedelta, or seconds=…, not {interval!r:.60}.")
        if interval < SECOND:
            raise InvalidTrigger(f"Every needs at least one second, not {interval}.")
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "anchor", zones.utc(anchor, what="The anchor of Every"))

    def next_after(self, moment: datetime) -> datetime | None:
        rounds = (moment - self.anchor) // self.interval
        try:
            return self.anchor + (rounds + 1) * self.interval
        except OverflowError:  # after year 9999
            return None

    def count(self, since: datetime, until: datetime) -> int:
        """Return how many due times are in (since, until], without listing them."""
        rounds = (until - self.anchor) // self.interval - (since - self.anchor) // self.interval
        return max(0, rounds)

    def spec(self) -> str:
        seconds = f"{self.interval // SECOND}.{self.interval.microseconds:06}"
        return f"every {seconds.rstrip('0').rstrip('.')}s from {self.anchor.isoformat()}"

    def describe(self) -> str:
        return descriptions.every(self.interval)


@dataclass(frozen=True, slots=True, init=False)
class At:
    """
    Due once.

    A naive ``moment`` needs a ``timezone``: the settings file, where triggers are written, is
    no place to ask for its own TIME_ZONE. A wall time that occurs twice is its first one, one
    that does not exist the first instant after the gap. Raises InvalidTrigger.
    """

    moment: datetime

    def __init__(self, moment: datetime, timezone: str | ZoneInfo | None = None) -> None:
        if timezone is not None and isinstance(moment, datetime) and moment.tzinfo is None:
            moment = zones.instant_of(moment, zones.zone(timezone))
        elif timezone is not None:
            raise InvalidTrigger("At takes a timezone only with a naive datetime.")
        object.__setattr__(self, "moment", zones.utc(moment, what="The moment of At"))

    def next_after(self, moment: datetime) -> datetime | None:
        return self.moment if moment < self.moment else None

    def spec(self) -> str:
        return f"at {self.moment.isoformat()}"

    def describe(self) -> str:
        return descriptions.at(self.moment)


def from_spec(text: str) -> Cron | Every | At:
    """Return the trigger of ours whose ``spec()`` is ``text``. Raises InvalidTrigger."""
    found = _SPEC.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidTrigger(f"{shown(str(text))} is not the spec of a trigger of ours.")
    if expression := found["expression"]:
        return Cron(expression, found["zone"])
    if moment := found["moment"]:
        return At(_moment(moment))
    micros = int((found["fraction"] or "").ljust(6, "0"))
    interval = _interval(seconds=int(found["seconds"]), microseconds=micros)
    return Every(interval, anchor=_moment(found["anchor"]))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidTrigger(f"{shown(text)} is no ISO 8601 date and time.") from None


def _interval(**parts: float) -> timedelta:
    try:
        return timedelta(**parts)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidTrigger(f"Every cannot be {parts!r:.120}: {error}.") from error
