"""What a trigger is, and how it is asked: never trusted to go forward, never asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, runtime_checkable

from scheduler.due.zones import utc
from scheduler.exceptions import InvalidTrigger


@runtime_checkable
class Trigger(Protocol):
    """What a schedule needs in order to know when."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first due time strictly later than ``moment`` (aware UTC), or None."""

    def spec(self) -> str:
        """Return the text that tells this trigger from others, equal in every process."""


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
    due_at = utc(due_at, what=f"What {trigger.spec()!r:.80} yields")
    if due_at <= moment:
        raise InvalidTrigger(f"{trigger.spec()!r:.80} is due at {due_at}, not after {moment}.")
    return due_at
