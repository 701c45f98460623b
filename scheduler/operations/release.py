"""release: out of quarantine, and tried again at once."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.due.gates import MICROSECOND
from scheduler.due.questions import first_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, note
from scheduler.operations.locking import locked, one_transaction
from scheduler.turn.rebuild import trigger_of
from tasks_core import clock

QUARANTINE = ("quarantined_at", "error", "error_count", "next_due_at")


@one_transaction
def release(key: str, *, user: Operator = BY_CODE, reason: str = "") -> bool:
    """
    Let a schedule out of quarantine: it is tried again at once, with what it missed.

    Return False if it was not in quarantine.
    """
    row = locked(key)
    if row.quarantined_at is None:
        return False
    now = clock.db_now(conf.database())
    error = row.error
    row.quarantined_at, row.error, row.error_count = None, "", 0
    is_active = row.enabled and row.retired_at is None
    row.next_due_at = _next_due(row, now=now) if is_active else None
    row.save(using=conf.database(), update_fields=QUARANTINE)
    told = _("Released from quarantine")
    note("release", row, user=user, at=now, told=told, reason=reason, error=error)
    return True


def _next_due(row: Schedule, *, now: datetime) -> datetime | None:
    try:
        return first_due(trigger_of(row), row.watermark)
    except SchedulerError:
        # A scheduler looks at once: it knows the trigger, or tells what is wrong.
        return max(now, row.watermark + MICROSECOND)
