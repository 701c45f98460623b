"""Decide what is due until now before a schedule's definition changes or retires."""

from __future__ import annotations

from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from scheduler import conf, planner
from scheduler.choices import Outcome, Reason
from scheduler.exceptions import SchedulerError
from scheduler.materialise import record
from scheduler.models import Schedule
from scheduler.planner import Decision, Plan
from scheduler.tick.rebuild import trigger_of
from scheduler.tick.work import Work, work_on


def settle(row: Schedule, *, now: datetime, recorded_by: str = "") -> None:
    """
    Decide what ``row``, locked by the caller's transaction, has due until ``now``.

    What cannot become a job any more, because of an error or because this process does not
    know the old task or trigger, is recorded as skipped.
    """
    alias = conf.database()
    reason = Reason.REPLACED
    try:
        with transaction.atomic(using=alias):
            work, _ = work_on(alias, [row], now=now)
            record(alias, work, now=now, recorded_by=recorded_by)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001  its definition is about to change; the ledger says why
        work, reason = [], Reason.ERROR
    if not work:
        refused = [Work(row, None, _refused(row, reason, now))]
        record(alias, refused, now=now, recorded_by=recorded_by)
    row.refresh_from_db(using=alias)


def _refused(row: Schedule, reason: str, now: datetime) -> Plan:
    try:
        trigger = trigger_of(row)
    except SchedulerError:  # only its next due time is known, from the row
        due_at = row.next_due_at
        unknown = Decision(
            due_at=due_at or now, until_at=now, count=None, outcome=Outcome.SKIPPED, reason=reason
        )
        was_due = due_at is not None and due_at <= now
        return Plan(decisions=(unknown,) * was_due, watermark=now, next_due_at=None)
    return planner.refuse(trigger, after=row.watermark, until=now, reason=reason)
