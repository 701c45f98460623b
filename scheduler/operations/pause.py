"""pause: due times are recorded as skipped from now on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.operations.actions import BY_CODE, Operator, name_of, note, short
from scheduler.operations.locking import decided, later, locked, one_transaction
from tasks_core import clock

PAUSE = ("paused_at", "paused_by", "pause_reason", "paused_until")


@one_transaction
def pause(
    key: str,
    *,
    user: Operator = BY_CODE,
    reason: str = "",
    until: datetime | timedelta | None = None,
    only_paused: bool = False,
) -> bool:
    """
    Let due times be recorded as skipped from now on. Return False if that changes nothing.

    ``until`` is when the pause ends by itself, or after how long. Of a schedule that is paused
    already, what is given is changed: when the pause ends, and why. ``only_paused`` begins none.
    """
    row = locked(key)
    now = clock.db_now(conf.database())
    ends_at = later(until, now=now)
    decided(row, now=now, by=name_of(user))
    was_paused = row.is_paused_at(now)
    if not was_paused and only_paused:
        return False
    why = short(reason) or row.pause_reason * was_paused
    ends_at = ends_at or (row.paused_until if was_paused else None)
    if was_paused and (why, ends_at) == (row.pause_reason, row.paused_until):
        return False
    if not was_paused:
        row.paused_at = now
    row.paused_until, row.paused_by, row.pause_reason = ends_at, name_of(user), why
    row.save(using=conf.database(), update_fields=PAUSE)
    told = {"until": ends_at.isoformat()} if ends_at else {}
    note("pause", row, user=user, at=now, told=_("Paused"), reason=reason, **told)
    return True
