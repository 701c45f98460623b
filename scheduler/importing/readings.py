"""What a source reads, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

from scheduler.due.protocol import told
from scheduler.triggers import Trigger
from tasks_core import Call

# What the other package answers: the first due time strictly later than a moment, in UTC.
NextAfter = Callable[[datetime], datetime | None]


class Untranslatable(Exception):
    """It cannot be a schedule here; the message is the sentence that says why, and what helps."""


class Over(Untranslatable):
    """It need not be one: it is over, or belongs to the other package alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One schedule elsewhere. ``refusal`` says why it has no trigger of ours."""

    key: str
    task: str  # as it is called there
    renamed: str = ""  # what --map calls it here
    trigger: Trigger | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # of an entry, but task and trigger
    attempts: int | None = None  # of a run, unless its task says so; None: as tasks here have
    notes: tuple[str, ...] = ()  # what a person should know
    refusal: str = ""
    is_over: bool = False  # nothing is lost without it
    theirs: NextAfter | None = None  # None: there is nothing to ask
    decorator: str = "@task"  # that its task would be declared with
    # Stores it, by its key, where it belongs instead of among the others; False: it is there.
    keep: Callable[[str], bool] | None = None

    @property
    def task_here(self) -> str:
        return self.renamed or self.task


@dataclass(frozen=True, slots=True)
class Unread:
    """What a source calls a schedule and its task, and how to read the rest of it."""

    key: str
    task: str
    read: Callable[[], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call elsewhere that waits to run once, and a name for it; or why it cannot be a job."""

    key: str
    call: Call  # of a task as it is called there
    renamed: str = ""
    decorator: str = "@task"
    notes: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def task(self) -> str:
        return str(self.call.func)

    @property
    def call_here(self) -> Call:
        return replace(self.call, func=self.renamed or self.task)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that a source holds."""

    schedules: list[Reading]
    jobs: list[Waiting] = field(default_factory=list)
    notes: tuple[str, ...] = ()  # about all of them

    @property
    def tasks(self) -> set[str]:
        return {each.task for each in self.schedules} | {each.task for each in self.jobs}

    def renamed(self, names: Mapping[str, str]) -> Found:
        """Return the same with other names of tasks, where ``names`` has one."""
        return replace(
            self,
            schedules=[replace(each, renamed=names.get(each.task, "")) for each in self.schedules],
            jobs=[replace(each, renamed=names.get(each.task, "")) for each in self.jobs],
        )


def read_each(unread: Iterable[Unread]) -> list[Reading]:
    """
    Read all of them, each under a key of its own: "tea", "tea (2)".

    One that cannot be read is kept with the reason, and stops no other.
    """
    return list(_numbered(map(_read, unread)))


def _read(unread: Unread) -> Reading:
    try:
        return unread.read()
    except Untranslatable as error:
        is_over = isinstance(error, Over)
        return Reading(key=unread.key, task=unread.task, refusal=str(error), is_over=is_over)
    except Exception as error:  # noqa: BLE001  what others have written may be anything
        refusal = f"It cannot be read: {told(error)}"
        return Reading(key=unread.key, task=unread.task, refusal=refusal)


def _numbered(found: Iterable[Reading]) -> Iterator[Reading]:
    """Yield them with numbers where they share a key, as a key here means one schedule."""
    taken: set[str] = set()
    for each in found:
        keys = (f"{each.key} ({number})" for number in count(2))
        key = next(key for key in chain([each.key], keys) if key not in taken)
        taken.add(key)
        yield replace(each, key=key)


def clipped(text: str, most: int = 80) -> str:
    """Return text in quotes, and of a long one the beginning."""
    return repr(text if len(text) <= most else f"{text[: most - 1].rstrip()}…")


def plain_seconds(span: Any) -> float | None:
    """Return a span in seconds, which other packages write as a number or a timedelta."""
    if isinstance(span, timedelta):
        return span.total_seconds()
    return span if isinstance(span, (int, float)) and not isinstance(span, bool) else None
