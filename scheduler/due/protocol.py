"""What a trigger is, and how it is asked: never trusted to go forward, never asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, runtime_checkable

from scheduler.due.zones import utc
from scheduler.exceptions import InvalidTrigger
from tasks_core.words import kind_of


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
    """
    Return the first due time after ``moment``; remembered, as many schedules share few.

    Raises InvalidTrigger, whatever the trigger raises.
    """
    return _next_due(_BySpec(type(trigger), spec_of(trigger), trigger), moment.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class _BySpec:
    """A trigger as a key of the cache: equal if its class and its spec are."""

    kind: type
    spec: str
    trigger: Trigger = field(compare=False)


@lru_cache(maxsize=32_768)
def _next_due(key: _BySpec, moment: datetime) -> datetime | None:
    return _later(key.trigger, moment)


def spec_of(trigger: Trigger) -> str:
    """Return the spec of ``trigger``. Raises InvalidTrigger, whatever the trigger raises."""
    with _answering(trigger, "spec()"):
        spec = trigger.spec()
    if not isinstance(spec, str) or not spec:
        raise InvalidTrigger(f"spec() of {kind_of(trigger)} is no text: {spec!r:.80}.")
    return spec


@contextmanager
def _answering(trigger: Trigger, what: str) -> Iterator[None]:
    """Run other people's code, so that who asks has one kind of error to reckon with."""
    try:
        yield
    except (InvalidTrigger, KeyboardInterrupt):
        raise
    except BaseException as error:
        why = f"{what} of {kind_of(trigger)} raised {told(error)}"
        raise InvalidTrigger(why) from error


def told(error: BaseException) -> str:
    """Return what an error says, also of one that cannot say what it is."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  its __str__ is other people's code as well
        return type(error).__name__


def _later(trigger: Trigger, moment: datetime) -> datetime | None:
    with _answering(trigger, "next_after()"):
        due_at = trigger.next_after(moment)
    if due_at is None:
        return None
    if not (isinstance(due_at, datetime) and due_at.tzinfo is UTC):
        due_at = utc(due_at, what=f"What {spec_of(trigger)!r:.80} yields")
    if due_at <= moment:
        raise InvalidTrigger(f"{spec_of(trigger)!r:.80} is due at {due_at}, not after {moment}.")
    return due_at
