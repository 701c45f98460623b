"""Due when one of several triggers is, when all of them are, or within a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.due.protocol import Trigger
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import parts

MICROSECOND = timedelta(microseconds=1)
MOST_PARTS = 100
MOST_LOOKS = 1000  # due times without agreement after which AllOf gives up


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """Due when any of ``triggers`` is; what falls together is due once."""

    triggers: tuple[Trigger, ...]

    def __init__(self, *triggers: Any) -> None:
        object.__setattr__(self, "triggers", _parts("AnyOf", triggers))

    @property
    def zone(self) -> ZoneInfo | None:
        return _common_zone(self.triggers)

    def next_after(self, moment: datetime) -> datetime | None:
        found = [parts.first_due(trigger, moment) for trigger in self.triggers]
        return min((due_at for due_at in found if due_at is not None), default=None)

    def spec(self) -> str:
        return parts.composed(("any of", _listed(self.triggers)))

    def describe(self) -> str:
        return ", or ".join(map(parts.described, self.triggers))


@dataclass(frozen=True, slots=True, init=False)
class AllOf:
    """
    Due when every one of ``triggers`` is, at the same instant.

    Raises InvalidTrigger when asked, if 1,000 due times went by without agreement.
    """

    triggers: tuple[Trigger, ...]

    def __init__(self, *triggers: Any) -> None:
        object.__setattr__(self, "triggers", _parts("AllOf", triggers))

    @property
    def zone(self) -> ZoneInfo | None:
        return _common_zone(self.triggers)

    def next_after(self, moment: datetime) -> datetime | None:
        for _ in range(MOST_LOOKS):
            found = [parts.first_due(trigger, moment) for trigger in self.triggers]
            latest: datetime | None = None
            for due_at in found:
                if due_at is None:
                    return None
                latest = due_at if latest is None else max(latest, due_at)
            if latest is None or all(due_at == latest for due_at in found):
                return latest
            moment = latest - MICROSECOND
        raise InvalidTrigger(
            f"AllOf gave up: its triggers did not agree within {MOST_LOOKS} due times. Let all "
            "of them name times of day, or one of them exclude with Except or Between."
        )

    def spec(self) -> str:
        return parts.composed(("all of", _listed(self.triggers)))

    def describe(self) -> str:
        return ", and at once ".join(map(parts.described, self.triggers))


@dataclass(frozen=True, slots=True, init=False)
class Between:
    """
    Due when ``trigger`` is, from ``start`` to ``end``, both included; None is no bound.

    A naive bound needs a ``timezone``, as for At. Raises InvalidTrigger.
    """

    trigger: Trigger
    start: datetime | None
    end: datetime | None

    def __init__(
        self,
        trigger: Any,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        timezone: str | ZoneInfo | None = None,
    ) -> None:
        first, last = (_bound(each, timezone) for each in (start, end))
        if first is not None and last is not None and last < first:
            raise InvalidTrigger(f"Between ends, {last}, before it starts, {first}.")
        object.__setattr__(self, "trigger", parts.as_trigger(trigger))
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "end", last)

    @property
    def zone(self) -> ZoneInfo | None:
        return parts.zone_of(self.trigger)

    def next_after(self, moment: datetime) -> datetime | None:
        if self.start is not None and moment < self.start:
            moment = self.start - MICROSECOND
        due_at = parts.first_due(self.trigger, moment)
        return None if due_at is None or (self.end is not None and due_at > self.end) else due_at

    def count(self, since: datetime, until: datetime) -> int | None:
        """Return how many due times are in (since, until], or None: not without listing them."""
        since = since if self.start is None else max(since, self.start - MICROSECOND)
        until = until if self.end is None else min(until, self.end)
        return parts.count_of(self.trigger, since, max(since, until))

    def spec(self) -> str:
        bounds = [f'"{each.isoformat()}"' if each else "null" for each in (self.start, self.end)]
        between = f"[{', '.join(bounds)}]"
        return parts.composed(("trigger", parts.nested(self.trigger)), ("between", between))

    def describe(self) -> str:
        bounds = [
            f"{word} {each:%Y-%m-%d %H:%M} UTC"
            for word, each in (("from", self.start), ("until", self.end))
            if each
        ]
        return " ".join([parts.described(self.trigger), *bounds])


def _parts(name: str, triggers: tuple[Any, ...]) -> tuple[Trigger, ...]:
    if not 1 <= len(triggers) <= MOST_PARTS:
        raise InvalidTrigger(f"{name} takes 1 to {MOST_PARTS} triggers, not {len(triggers)}.")
    return tuple(map(parts.as_trigger, triggers))


def _listed(triggers: tuple[Trigger, ...]) -> str:
    return f"[{', '.join(map(parts.nested, triggers))}]"


def _common_zone(triggers: tuple[Trigger, ...]) -> ZoneInfo | None:
    zone = parts.zone_of(triggers[0])
    return zone if all(parts.zone_of(each) is zone for each in triggers) else None


def _bound(moment: Any, timezone: str | ZoneInfo | None) -> datetime | None:
    if moment is None:
        return None
    if isinstance(moment, datetime) and moment.tzinfo is None and timezone is not None:
        moment = zones.instant_of(moment, zones.zone(timezone))
    return zones.utc(moment, what="A bound of Between")
