"""What a store has to tell: of jobs that were stored, of what there is to do, of what ended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tasks_core.results import Snapshot
from tasks_core.signals import JobEnd


class Stored(NamedTuple):
    """The job of one call. It is not new when another call's job holds the key."""

    snapshot: Snapshot
    is_new: bool


class Look(NamedTuple):
    """What was seen, and when. Nothing was locked: whoever acts on it asks again."""

    now: datetime
    next_run_after: datetime | None  # of the deferred jobs
    next_expiry: datetime | None  # of the jobs that nobody has claimed
    has_dead: bool  # a process, not the one that asks, whose lease has ended
    has_cancels: bool  # somebody wants a job stopped that the asking process runs
    has_suspects: bool  # a job of these queues that must run alone
    has_limits: bool  # concurrency or rate of some jobs
    has_ready: bool  # a job that may be claimable


@dataclass(frozen=True, slots=True)
class Rescued:
    """What one dead process left behind."""

    process: str
    count: int = 0
    ends: list[JobEnd] = field(default_factory=list)


class Cancelled(NamedTuple):
    """What became of a wish to cancel: what waited has ended, what runs was asked to stop."""

    ends: list[JobEnd]
    asked: list[UUID]


class Stopped(NamedTuple):
    """The same as numbers, and as words: "3 cancelled, 1 asked to stop"."""

    cancelled: int
    asked: int

    def __str__(self) -> str:
        asked = f", {self.asked} asked to stop" if self.asked else ""
        return f"{self.cancelled} cancelled{asked}"
