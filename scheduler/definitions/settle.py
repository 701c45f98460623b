"""Decide what is due until now before a schedule's circumstances or its definition change."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from scheduler import conf, planner
from scheduler.choices import Outcome, Reason
from scheduler.materialise import record
from scheduler.models import Schedule
from scheduler.planner import Decision, Plan
from scheduler.turn.rebuild import trigger_of
from scheduler.turn.work import Work, work_on
from tasks_core.backends.database.transactions import is_outage


def decide(row: Schedule, *, now: datetime, recorded_by: str = "") -> bool:
    """
    Decide what ``row``, locked by the caller's transaction, has due until ``now``.

    Return False, and leave it to a scheduler, if this process does not know the task or the
    trigger, or one of them fails.
    """
    return not _why_not(row, now=now, recorded_by=recorded_by)


def settle(row: Schedule, *, now: datetime, recorded_by: str = "") -> None:
    """
    Decide what ``row`` has due until ``now``, for its definition is about to go.

    What cannot become a job any more, because of an error or because this process does not
    know the old task or trigger, is recorded as skipped.
    """
    alias = conf.database()
    if row.quarantined_at is not None:  # which ends with the definition that was at fault
        Schedule.objects.using(alias).filter(pk=row.pk).update(quarantined_at=None)
        row.quarantined_at = None
    if reason := _why_not(row, now=now, recorded_by=recorded_by):
        refused = [Work(row, None, _refused(row, reason, now))]
        record(alias, refused, now=now, recorded_by=recorded_by)
        row.refresh_from_db(using=alias)


def _why_not(row: Schedule, *, now: datetime, recorded_by: str) -> str:
    alias = conf.database()
    try:
        with transaction.atomic(using=alias):
            work, _ = work_on(alias, [row], now=now, may_wait=False)
            record(alias, work, now=now, recorded_by=recorded_by)
    except Exception as error:
        if is_outage(error):
            raise
        return Reason.ERROR
    row.refresh_from_db(using=alias)
    return "" if work else Reason.REPLACED


def _refused(row: Schedule, reason: str, now: datetime) -> Plan:
    try:
        return planner.refuse(trigger_of(row), after=row.watermark, until=now, reason=reason)
    except Exception:  # noqa: BLE001  only its next due time is known, from the row
        due_at = row.next_due_at
        unknown = Decision(
            due_at=due_at or now, until_at=now, count=None, outcome=Outcome.SKIPPED, reason=reason
        )
        was_due = due_at is not None and row.watermark < due_at <= now
        watermark = max(now, row.watermark)
        return Plan(decisions=(unknown,) * was_due, watermark=watermark, next_due_at=None)
