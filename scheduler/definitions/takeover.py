"""A locked row begins to say something else: no surprise run, and no due time without a record."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from scheduler import conf
from scheduler.definitions import versions
from scheduler.definitions.hashes import hash_of
from scheduler.definitions.settle import settle
from scheduler.due.questions import first_due
from scheduler.exceptions import InvalidTrigger
from scheduler.materialise import record_missed
from scheduler.models import Schedule
from scheduler.triggers import At, Trigger, from_spec
from scheduler.turn.rebuild import shaped, trigger_of

# A change of one of these is another series of due times, which counts from now.
TIMING = (
    *("trigger", "timezone", "start_at", "end_at"),
    *("calendar_rules", "calendar_action", "max_runs"),
)


def take_over(
    row: Schedule,
    columns: Mapping[str, Any],
    *,
    now: datetime,
    recorded_by: str,
    trigger: Trigger | None = None,
) -> None:
    """
    Let ``row`` say ``columns`` from now on, and save it.

    What was due under the old definition is decided first. ``trigger`` is what the columns name
    as an object, where the caller has it: not every trigger can be made from its spec.
    """
    was_active = row.enabled and row.retired_at is None
    rescheduled = is_rescheduled(row, columns)
    enabled = columns.get("enabled", row.enabled)
    if was_active and (rescheduled or not enabled):
        settle(row, now=now, recorded_by=recorded_by)
    if rescheduled or not was_active:
        row.watermark = max(now, row.watermark)
    for name, value in columns.items():
        setattr(row, name, value)
    row.retired_at = row.quarantined_at = None
    row.renamed_to = ""
    row.error, row.error_count = "", 0
    resume(row, trigger, recorded_by=recorded_by)
    row.save(using=conf.database())
    if rescheduled:
        note_past(row, recorded_by=recorded_by)


def is_rescheduled(row: Schedule, columns: Mapping[str, Any]) -> bool:
    """Say whether ``columns`` make another series of due times, which counts from now."""
    return any(name in columns and getattr(row, name) != columns[name] for name in TIMING)


def resume(row: Schedule, trigger: Trigger | None = None, *, recorded_by: str) -> None:
    """Begin a version, and set when the row is due next; not saved."""
    if not row.enabled:
        row.definition_hash = hash_of(versions.definition_of(row))
        versions.end(row)
        row.next_due_at = None
        return
    versions.begin(row, recorded_by=recorded_by)
    row.next_due_at = None if is_over(row) else first_due(_whole(row, trigger), row.watermark)


def is_over(row: Schedule) -> bool:
    """Say whether the schedule has had all its runs."""
    return row.max_runs is not None and row.runs >= row.max_runs


def note_past(row: Schedule, *, recorded_by: str) -> None:
    """Record an At that was over before we saw it; nobody would hear of it otherwise."""
    with suppress(InvalidTrigger):  # none of ours
        trigger = from_spec(row.trigger)
        if isinstance(trigger, At) and row.enabled and trigger.moment <= row.watermark:
            record_missed(row, trigger.moment, now=row.watermark, recorded_by=recorded_by)


def _whole(row: Schedule, trigger: Trigger | None) -> Trigger:
    return trigger_of(row) if trigger is None else shaped(trigger, row)
