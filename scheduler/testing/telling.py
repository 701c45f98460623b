"""The ledger for people: local time and UTC, reasons, and what the clocks did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduler.choices import Reason
from scheduler.due.dst import dst_note
from scheduler.models import Occurrence, Schedule
from tasks_core.models import Job

AROUND = 4  # rows of the ledger before and after the due time in question


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return ``2026-10-25 02:30+02:00 (00:30 UTC)``."""
    local, there = instant.astimezone(zone), instant.astimezone(UTC)
    unit = "auto" if there.second or there.microsecond else "minutes"
    date = "" if local.date() == there.date() else f"{there:%Y-%m-%d} "
    return f"{local.isoformat(' ', unit)} ({date}{there.time().isoformat(unit)} UTC)"


def ledger(
    rows: Sequence[Occurrence], jobs: Mapping[UUID, Job], *, zone: ZoneInfo, near: datetime
) -> Iterator[str]:
    """Yield the lines of the ledger around ``near``."""
    if not rows:
        yield "The ledger has nothing of this journey."
        return
    yield f"The ledger of this journey, in {zone.key}:"
    middle = sum(row.until_at < near for row in rows)
    first, last = max(0, middle - AROUND), middle + AROUND + 1
    if first:
        yield f"  … {first} before"
    for row in rows[first:last]:
        job = None if row.job_id is None else jobs.get(row.job_id)
        yield f"  {_line(row, job, zone)}"
    if rows[last:]:
        yield f"  … {len(rows[last:])} after"


def standing(schedule: Schedule, *, zone: ZoneInfo) -> Iterator[str]:
    """Yield how a schedule stands: when it is due next, and what keeps it from that."""
    coming = schedule.next_due_at
    due = "never again" if coming is None else moment(coming, zone)
    yield f"Next due: {due}, by the trigger {schedule.trigger!r:.160}."
    if schedule.retired_at is not None:
        yield "It is retired: no longer declared."
    if not schedule.enabled:
        yield "It is not enabled."
    if schedule.paused_at is not None:
        until = (
            "" if schedule.paused_until is None else f" until {moment(schedule.paused_until, zone)}"
        )
        yield f"It is paused{until}. {schedule.pause_reason}".rstrip()
    if schedule.error:
        state = "quarantined" if schedule.quarantined_at else "set back"
        yield f"It is {state} after {schedule.error_count} errors: {schedule.error:.300}"


def _line(row: Occurrence, job: Job | None, zone: ZoneInfo) -> str:
    told = moment(row.due_at, zone)
    if row.reason:
        told += f"  skipped: {row.reason} ({Reason(row.reason).label})"
        if row.until_at > row.due_at:
            times = "many" if row.count is None else row.count
            told += f", {times} times until {moment(row.until_at, zone)}"
    else:
        state = row.job_state or (job.state if job else "pruned")
        told += f"  job: {state}"
    if row.batch:
        told += f", batch {row.batch}"
    if row.recorded_at > row.until_at:
        told += f", decided {moment(row.recorded_at, zone)}"
    note = dst_note(row.due_at, zone)
    return f"{told}  [{note}]" if note else told
