"""What goes in and out, as values."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from scheduler.choices import Outcome, Source
from scheduler.choices import Reason as WhyNot
from tasks_core.http.kinds import Cursor, Instant, Limit, Name, Reason, SecondsAhead
from tasks_core.http.shapes import Asked, Said, Shape

State = Literal["active", "paused", "failing", "quarantined", "disabled", "retired", "ended"]


class ScheduleQuery(Asked):
    """Which schedules; nothing said means all."""

    state: State | None = None
    task: Name = ""
    source: Source | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class DueQuery(Asked):
    """How many due times."""

    limit: Limit = 10


class LedgerQuery(Asked):
    """Which rows of the ledger; nothing said means all."""

    reason: WhyNot | None = None
    since: Instant | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class Run(Said):
    """A job now, beside the schedule; its arguments unless others are given."""

    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    reason: Reason = ""


class Pause(Said):
    """
    Until when, or for how many seconds; without, until it is resumed.

    Of a schedule that is paused already, what is said is changed.
    """

    until: Instant | SecondsAhead | None = None
    reason: Reason = ""


class Resume(Said):
    """What becomes of the due times of the pause."""

    catch_up: Literal["drop", "latest", "all"] = "drop"
    reason: Reason = ""


class ScheduleLine(Shape):
    """A schedule as a list shows it. Times are UTC."""

    key: str
    state: State
    when: str
    task: str
    queue: str
    source: Source
    next_due_at: datetime | None
    paused_until: datetime | None
    pause_reason: str
    error: str


class ScheduleWhole(ScheduleLine):
    """All that is known of a schedule."""

    trigger: str
    timezone: str
    args: list[Any]
    kwargs: dict[str, Any]
    args_from: str
    kwargs_from: str
    backend: str
    priority: int
    max_attempts: int | None
    catch_up: str
    overlap: str
    calendar: str
    enabled: bool
    start_at: datetime | None
    end_at: datetime | None
    paused_at: datetime | None
    paused_by: str
    known_since: datetime
    watermark: datetime
    runs: int


class Schedules(Shape):
    """A page of schedules, in the order of their keys."""

    schedules: list[ScheduleLine]
    next: str | None


class DueTime(Shape):
    """An instant to come, and what the clocks of its zone do to it."""

    due_at: datetime
    local: str
    note: str


class DueTimes(Shape):
    """The next due times, the first first."""

    due: list[DueTime]


class LedgerRow(Shape):
    """What became of a due time, or of several in a row."""

    due_at: datetime
    until_at: datetime
    count: int | None
    outcome: Outcome
    reason: WhyNot | Literal[""]
    job_id: UUID | None
    job_state: str
    ended_at: datetime | None
    batch: str
    recorded_at: datetime
    recorded_by: str


class Ledger(Shape):
    """A page of the ledger, the newest first."""

    occurrences: list[LedgerRow]
    next: str | None


class Started(Shape):
    """The job of a run; null if the arguments of the schedule declined."""

    schedule: str
    job_id: UUID | None
