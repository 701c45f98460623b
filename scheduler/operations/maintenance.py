"""maintenance: nothing starts, whatever is due; it is recorded as skipped."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.models import Maintenance
from scheduler.operations.actions import BY_CODE, Operator, name_of, note, short
from scheduler.operations.locking import later, one_transaction
from tasks_core import clock


@one_transaction
def begin_maintenance(
    *, user: Operator = BY_CODE, reason: str = "", until: datetime | timedelta | None = None
) -> bool:
    """
    Let no due time of any schedule become a job from now on. Return False if it was so already.

    ``until`` is when it ends by itself, or after how long. What was due before becomes jobs as
    ever; what is due meanwhile is recorded as skipped, and not caught up.
    """
    alias = conf.database()
    now = clock.db_now(alias)
    ends_at = later(until, now=now)
    if _going_on(alias, now) is not None:
        return False
    row = Maintenance(began_at=now, ended_at=ends_at, by=name_of(user), reason=short(reason))
    row.save(using=alias)
    told = {"until": ends_at.isoformat()} if ends_at else {}
    note(
        "begin maintenance",
        row,
        user=user,
        at=now,
        told=_("Maintenance begun"),
        reason=reason,
        **told,
    )
    return True


@one_transaction
def end_maintenance(*, user: Operator = BY_CODE, reason: str = "") -> bool:
    """Let due times become jobs again. Return False if there was no maintenance."""
    alias = conf.database()
    now = clock.db_now(alias)
    row = _going_on(alias, now)
    if row is None:
        return False
    _now(alias, now).update(ended_at=now)
    since = row.began_at.isoformat()
    note(
        "end maintenance",
        row,
        user=user,
        at=now,
        told=_("Maintenance ended"),
        reason=reason,
        since=since,
    )
    return True


def current_maintenance(*, now: datetime | None = None) -> Maintenance | None:
    """Return the maintenance that goes on now, if one does."""
    alias = conf.database()
    return _now(alias, now or clock.db_now(alias)).first()


def _going_on(alias: str, now: datetime) -> Maintenance | None:
    return _now(alias, now).select_for_update().first()


def _now(alias: str, now: datetime) -> QuerySet[Maintenance]:
    begun = Maintenance.objects.using(alias).filter(began_at__lte=now)
    return begun.filter(Q(ended_at=None) | Q(ended_at__gt=now))
