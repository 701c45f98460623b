"""
Triggers: values that yield due times. Pure; the moment to start from comes in as an argument.

A trigger of your own is any object with ``next_after(moment)`` and ``spec()``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from . import cron, descriptions, zones
from .cron_syntax import shown
from .exceptions import InvalidTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

_SPEC = re.compile(
    r"cron (?P<expression>.+) (?P<zone>\S+)"
    r"|every (?P<seconds>[0-9]{1,14})(?:\.(?P<fraction>[0-9]{1,6}))?s from (?P<anchor>\S+)"
    r"|at (?P<moment>\S+)",
    re.ASCII,
)


@runtime_checkable
class Trigger(Protocol):
    """What a schedule needs in order to know when."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first due time strictly later than ``moment`` (aware UTC), or None."""

    def spec(self) -> str:
        """Return the text that tells this trigger from others, equal in every process."""


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
        object.__setattr__(self, "anchor", _utc(anchor, what="The anchor of Every"))

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
        seconds = f"{self.interval // SECOND}.{self.interval.microseconds:06}".rstrip("0").rstrip(
            "."
        )
        return f"every {seconds}s from {self.anchor.isoformat()}"

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
        object.__setattr__(self, "moment", _utc(moment, what="The moment of At"))

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


def due_times(trigger: Trigger, after: datetime) -> Iterator[datetime]:
    """
    Yield the due times of ``trigger`` strictly later than ``after``, in UTC.

    Often endless. Raises InvalidTrigger when a trigger's times do not increase: whoever
    enumerates them must never hang because of one.
    """
    while (due_at := _later(trigger, after)) is not None:
        yield due_at
        after = due_at


def next_due(trigger: Trigger, moment: datetime) -> datetime | None:
    """Return the first due time after ``moment``; remembered, as many schedules share few."""
    return _next_due(_BySpec(type(trigger), trigger.spec(), trigger), moment.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class _BySpec:
    """A trigger as a key of the cache: equal if its class and its spec are."""

    kind: type
    spec: str
    trigger: Trigger = field(compare=False)


@lru_cache(maxsize=8192)
def _next_due(key: _BySpec, moment: datetime) -> datetime | None:
    return _later(key.trigger, moment)


def _later(trigger: Trigger, moment: datetime) -> datetime | None:
    due_at = trigger.next_after(moment)
    if due_at is None:
        return None
    due_at = _utc(due_at, what=f"What {trigger.spec()!r:.80} yields")
    if due_at <= moment:
        raise InvalidTrigger(f"{trigger.spec()!r:.80} is due at {due_at}, not after {moment}.")
    return due_at


def _utc(moment: Any, *, what: str) -> datetime:
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise InvalidTrigger(f"{what} must be an aware datetime, not {moment!r:.60}.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidTrigger(f"{what} is not in the calendar: {moment!r:.80}.") from None


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
