"""The next due times of a schedule, each with what will become of it as things stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from scheduler import conf
from scheduler.choices import Overlap, Reason
from scheduler.due.gates import Gate, closed_at
from scheduler.models import Schedule
from scheduler.questions.explain import durations
from scheduler.questions.explain.forecast import Forecast, forecast
from scheduler.questions.explain.moments import Moment, moment, utc
from scheduler.triggers import Trigger, due_times
from scheduler.turn.gates import Gates
from scheduler.turn.rebuild import trigger_of
from scheduler.turn.rows import offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One due time: ``becomes`` a job, is skipped, or stays undecided; ``notes`` say why."""

    due_at: datetime
    moment: Moment
    becomes: str
    notes: list[str]
    run_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The due times to come, and what a scheduler that starts now does first."""

    row: Schedule
    trigger: Trigger
    forecast: Forecast
    usually_takes: timedelta | None
    due: list[Coming]


def outlook(row: Schedule, *, now: datetime, number: int, after: datetime | None = None) -> Outlook:
    """
    Return what becomes of the next due times after now, or after a later instant.

    Raises NotOurs for a schedule of which this process knows too little.
    """
    alias, trigger = conf.database(), trigger_of(row)
    start = max(now, row.watermark, after or now)
    due = list(islice(due_times(trigger, start), number + 1))
    usual = durations.usual(alias, row.key)
    before = row.last_due_at if after is None else None
    horizon = due[-1] if due else now
    gates = Gates(alias, [row], now=horizon).of(row)
    told = list(_told(row, trigger, due, gates=gates, before=before, usual=usual))
    decided_now = forecast(row, now=now)
    if decided_now.previous is not None:
        _tell_of_the_previous(row, told)
    return Outlook(
        row=row,
        trigger=trigger,
        forecast=decided_now,
        usually_takes=usual,
        due=told[:number],
    )


def _tell_of_the_previous(row: Schedule, told: Sequence[Coming]) -> None:
    first = next((each for each in told if each.becomes == "job"), None)
    if first is not None and row.overlap in durations.WOULD:
        would = durations.WOULD[Overlap(row.overlap)]
        first.notes.append(f"unless the previous job has not ended by then: {would}")


def _told(
    row: Schedule,
    trigger: Trigger,
    due: Sequence[datetime],
    *,
    gates: tuple[Gate, ...],
    before: datetime | None,
    usual: timedelta | None,
) -> Iterator[Coming]:
    left = None if row.max_runs is None else max(0, row.max_runs - row.runs)
    for earlier, due_at in pairwise([before, *due]):
        if due_at is None:  # pragma: no cover  (only the first may be)
            continue
        becomes, notes = _fate(row, due_at, gates)
        if becomes == "job" and left == 0:
            becomes, notes = "skipped", [f"it has had its {row.max_runs} runs"]
        elif becomes == "job":
            left = None if left is None else left - 1
            gap = due_at - earlier if earlier else timedelta.max
            notes += filter(None, [durations.overlap_note(row, usual, gap)])
        run_after = due_at + offset(row.key, row.splay)
        if run_after != due_at and becomes == "job":
            notes.append(f"starts at {utc(run_after)}, for its splay")
        yield Coming(
            due_at=due_at,
            moment=moment(due_at, trigger),
            becomes=becomes,
            notes=notes,
            run_after=run_after,
        )


def _fate(row: Schedule, due_at: datetime, gates: tuple[Gate, ...]) -> tuple[str, list[str]]:
    """Return what becomes of a due time if nothing changes until then, and why."""
    if row.retired_at is not None or not row.enabled:
        return "nothing", ["retired" if row.retired_at else "disabled"]
    if row.quarantined_at is not None:
        return "undecided", ["in quarantine until it is released"]
    if row.is_paused_at(due_at):
        until = f" until {utc(row.paused_until)}" if row.paused_until else ""
        return "skipped", [f"paused{until} by {row.paused_by or 'somebody'}: {row.pause_reason}"]
    gate = closed_at(gates, due_at)
    if gate is None:
        return "job", []
    told = {
        Reason.CALENDAR: f"excluded by the calendar {row.calendar}",
        Reason.ENVIRONMENT: f"{row.enabled_if} says no, in this process and as it is now",
        Reason.MAINTENANCE: "maintenance",
    }
    return "skipped", [told.get(Reason(gate.reason), gate.reason)]
