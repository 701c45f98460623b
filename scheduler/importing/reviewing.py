"""Schedules elsewhere as entries: would they be taken, and are they due when theirs are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scheduler.definitions.entry import Declaration
from scheduler.definitions.policies import moment as moment_of
from scheduler.due.protocol import told
from scheduler.exceptions import InvalidSchedule, InvalidTrigger, SchedulerError
from scheduler.importing import crontab_permitted, explaining, jobs, runs
from scheduler.importing.comparing import YEAR, Comparison, compare
from scheduler.importing.readings import Reading
from scheduler.models import Schedule
from scheduler.operations.entries import in_database
from scheduler.triggers import EPOCH, At, Cron, Every, Trigger, due_times, zone_of
from tasks_core.exceptions import JobError

Entry = dict[str, Any]

OVER = "It is never due from now on, so nothing is lost without it."
MICROSECOND = timedelta(microseconds=1)
OTHER_TIMES = "It would be due at other times here, for no reason that is known. Please report it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One of them, and what was found out about it."""

    reading: Reading
    entry: Entry  # empty if it has no trigger
    problem: str = ""  # why it cannot be imported as it is
    is_skipped: bool = False
    comparison: Comparison | None = None

    @property
    def key(self) -> str:
        return self.reading.key

    @property
    def is_over(self) -> bool:
        return self.reading.is_over

    @property
    def is_importable(self) -> bool:
        return not (self.problem or self.is_skipped or self.is_over)

    @property
    def is_blocked(self) -> bool:
        return bool(self.problem) and not (self.is_skipped or self.is_over)

    @property
    def has_other_times(self) -> bool:
        return self.problem == OTHER_TIMES


def review(
    found: list[Reading],
    *,
    now: datetime,
    skipped: Collection[str],
    advance: Callable[[int], None] = lambda count: None,
) -> list[Reviewed]:
    """Return each with its entry, what keeps it out, and how its due times compare."""
    reviewed = []
    for reading in found:
        reviewed.append(_review(reading, now=now, is_skipped=reading.key in skipped))
        advance(1)
    return reviewed


def _review(reading: Reading, *, now: datetime, is_skipped: bool) -> Reviewed:
    if reading.trigger is None:
        return Reviewed(reading=reading, entry={}, problem=reading.refusal, is_skipped=is_skipped)
    entry = entry_of(reading)
    problem = problem_of(reading, entry)
    comparison = None
    try:
        if _is_over(reading, now):
            over = replace(reading, is_over=True)
            return Reviewed(reading=over, entry=entry, problem=OVER, is_skipped=is_skipped)
        comparison = None if is_skipped else _compared(reading, now)
    except Exception as error:  # noqa: BLE001  they are asked for a year, and some give up
        problem = f"It is not known when it is due: {told(error)}"
    if comparison and not explaining.is_explained(comparison):
        problem = OTHER_TIMES
    return Reviewed(
        reading=reading,
        entry=entry,
        problem=problem,
        is_skipped=is_skipped,
        comparison=comparison,
    )


def entry_of(reading: Reading) -> Entry:
    """Return the SCHEDULE entry of one that has a trigger."""
    assert reading.trigger is not None  # noqa: S101  whoever asks has looked
    options = {name: value for name, value in reading.options.items() if value not in ([], {})}
    attempts = runs.attempts_of(reading)
    return {"task": reading.task_here, **when_of(reading.trigger), **options, **attempts}


def when_of(trigger: Trigger) -> dict[str, Any]:
    """Return the options that say when, in the shortest words."""
    if isinstance(trigger, Cron):
        return {"cron": trigger.expression, "timezone": trigger.zone.key}
    if isinstance(trigger, Every) and trigger.anchor == EPOCH:
        seconds = trigger.interval.total_seconds()
        return {"every": int(seconds) if seconds.is_integer() else seconds}
    if isinstance(trigger, At):
        return {"at": trigger.moment.isoformat()}
    return {"trigger": trigger}


def problem_of(reading: Reading, entry: Entry) -> str:
    """Return why such a schedule cannot be made here, with the cure; or nothing."""
    if unknown := crontab_permitted.problem_of(entry) or jobs.problem_of(reading):
        return unknown
    try:
        in_database(reading.key, entry)
    except (SchedulerError, JobError) as error:
        return str(error)
    return ""


def same_as(row: Schedule, entry: Entry) -> bool:
    """Say whether a schedule that is there already says all of it."""
    try:
        declaration: Declaration = in_database(row.key, entry)
    except (InvalidSchedule, InvalidTrigger, JobError):
        return False
    return all(getattr(row, name) == value for name, value in declaration.definition().items())


def _is_over(reading: Reading, now: datetime) -> bool:
    since, end = _span(reading, now)
    first = next(due_times(reading.trigger, since), None) if reading.trigger else None
    return first is None or (end is not None and first > end)


def _span(reading: Reading, now: datetime) -> tuple[datetime, datetime | None]:
    """Return after which moment it may be due, and until when if that is bounded."""
    start, end = (moment_of(name, reading.options.get(name)) for name in ("start_at", "end_at"))
    return (now if start is None else max(now, start - MICROSECOND)), end


def _compared(reading: Reading, now: datetime) -> Comparison | None:
    if reading.theirs is None or reading.trigger is None:
        return None
    since, end = _span(reading, now)
    until = since + YEAR if end is None else min(since + YEAR, end)
    if since >= until:
        return None
    zone = zone_of(reading.trigger)
    return compare(reading.theirs, reading.trigger, since=since, until=until, zone=zone)
