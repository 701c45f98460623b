"""What a source reads, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.triggers import Trigger
from tasks_core import Call

# What the other package answers: the first due time strictly later than a moment, in UTC.
NextAfter = Callable[[datetime], datetime | None]


class Untranslatable(Exception):
    """It cannot be a schedule here; the message is the sentence that says why, and what helps."""


class Over(Untranslatable):
    """It need not be one: it is over, or belongs to the other package alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One schedule elsewhere. ``refusal`` says why it has no trigger of ours."""

    key: str
    task: str
    trigger: Trigger | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # of an entry, but task and trigger
    notes: tuple[str, ...] = ()  # what a person should know
    refusal: str = ""
    is_over: bool = False  # nothing is lost without it
    theirs: NextAfter | None = None  # None: there is nothing to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call elsewhere that waits to run once, and a name for it."""

    key: str
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that a source holds."""

    schedules: list[Foreign]
    jobs: list[Waiting] = field(default_factory=list)
    notes: tuple[str, ...] = ()  # about all of them


def read_each(named: Mapping[str, Callable[[], Foreign]], task_of: Mapping[str, str]) -> Found:
    """Read entries by key; one that cannot be read is kept with the reason, and stops no other."""
    found = []
    for key, read in named.items():
        try:
            found.append(read())
        except Untranslatable as error:
            over = isinstance(error, Over)
            told = Foreign(key=key, task=task_of[key], refusal=str(error), is_over=over)
            found.append(told)
    return Found(schedules=found)


def plain_seconds(span: Any) -> float | None:
    """Return a span in seconds, which other packages write as a number or a timedelta."""
    if isinstance(span, timedelta):
        return span.total_seconds()
    return span if isinstance(span, (int, float)) and not isinstance(span, bool) else None
