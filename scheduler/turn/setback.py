"""A schedule that could not be materialised: it waits, longer each time, and nothing is lost."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from scheduler import conf, signals
from scheduler.due.protocol import told as told_by
from scheduler.models import Schedule
from scheduler.turn.due import Row
from tasks_core.outcomes import storable

MAX_ERROR = 2000


def set_back(row: Row, error: BaseException, *, now: datetime) -> bool:
    """
    Note ``error`` and look at the schedule again later; quarantine it after too many in a row.

    The watermark stays, so whatever is due is decided when the schedule works again. False if
    somebody else has decided it meanwhile.
    """
    tuning = conf.tuning()
    alias = conf.database()
    errors = row.error_count + 1
    wait = min(tuning.backoff * 2 ** min(errors - 1, 20), tuning.backoff_cap)
    text = storable(told_by(error), MAX_ERROR)
    quarantined = errors >= tuning.quarantine_after
    unmoved = Schedule.objects.using(alias).filter(pk=row.key, watermark=row.watermark)
    changed = unmoved.update(
        error=text,
        error_count=errors,
        next_due_at=None if quarantined else now + wait,
        quarantined_at=now if quarantined else None,
    )
    if not changed:
        return False
    told = {"sender": Schedule, "key": row.key, "error": text}
    failed = partial(
        signals.schedule_failed.send_robust, errors=errors, retry_at=now + wait, **told
    )
    transaction.on_commit(failed, using=alias)
    if quarantined:
        transaction.on_commit(
            partial(signals.schedule_quarantined.send_robust, **told), using=alias
        )
    return True
