"""What deciding needs to know about one schedule, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from scheduler.choices import CatchUp, Outcome, Overlap
from scheduler.due.gates import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What deciding needs to know about one schedule."""

    watermark: datetime  # everything due until here, inclusive, has been decided
    catch_up: str = CatchUp.LATEST
    catch_up_limit: int = 100
    catch_up_window: timedelta | None = None
    overlap: str = Overlap.SKIP
    runs_left: int | None = None  # None: as many as are due
    gates: tuple[Gate, ...] = ()
    paused: bool = False
    paused_since: datetime | None = None  # None: since before the watermark
    paused_until: datetime | None = None  # None: until somebody resumes it
    busy: bool = False  # the schedule's previous job has not ended
    waiting: bool = False  # its oldest undecided due time has waited for that
    may_wait: bool = True  # False: decide now, as its circumstances are about to change


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    One ledger row to be: a job for ``due_at``, or why none from there to ``until_at``.

    Schedules that stand alike share it, and what follows from it alone is made once for all.
    """

    due_at: datetime
    until_at: datetime
    count: int | None = 1  # None: more than can be counted cheaply
    outcome: str = Outcome.ENQUEUED
    reason: str = ""
    is_catch_up: bool = False
    previous: datetime | None = None
    next: datetime | None = None

    @cached_property
    def times(self) -> dict[str, str | bool | None]:
        """Return what a job is told about its due time, as JSON."""
        return {
            "scheduled_for": self.due_at.isoformat(),
            "previous": self.previous.isoformat() if self.previous else None,
            "next": self.next.isoformat() if self.next else None,
            "is_catch_up": self.is_catch_up,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The decisions, oldest first, and where they leave the schedule."""

    decisions: tuple[Decision, ...]
    watermark: datetime
    next_due_at: datetime | None  # None: never again
    waits: bool = False  # a due time waits for the previous job to end
    cancels: bool = False  # the previous job is to be cancelled

    @cached_property
    def jobs(self) -> list[Decision]:
        return [each for each in self.decisions if each.outcome == Outcome.ENQUEUED]


class Waiting(Exception):
    """The due time ``at`` is not decided before the previous job ends."""

    def __init__(self, at: datetime) -> None:
        self.at = at
