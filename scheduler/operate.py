"""
What an operator may do to a schedule, and the note of who did it and why.

Each verb locks the row, decides what is due until now under the old circumstances, and only then
changes them; so a pause never swallows what was due before it, nor what comes after it. What
this process cannot decide, as it does not know the task or the trigger, is left undecided: a
scheduler that knows them does it later, with the times of the pause from the row.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.definitions.settle import decide
from scheduler.due.questions import MICROSECOND, first_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.tick.rebuild import trigger_of
from tasks_core import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PAUSE = ["paused_at", "paused_by", "pause_reason", "paused_until"]


def pause(
    key: str, *, user: AbstractBaseUser, reason: str = "", until: datetime | None = None
) -> bool:
    """Let due times be recorded as skipped from now on. Return False if it was paused already."""
    with transaction.atomic(using=conf.database()):
        row, now, _decided = _settled(key, user)
        if row.is_paused_at(now):
            return False
        row.paused_at, row.paused_until = now, until
        row.paused_by, row.pause_reason = str(user)[:255], reason[:255]
        row.save(using=conf.database(), update_fields=PAUSE)
    told = _("Paused: %s") % reason if reason else _("Paused.")
    note(row, told, user=user)
    return True


def resume(key: str, *, user: AbstractBaseUser) -> bool:
    """Let the schedule run again from now on. Return False if it was not paused."""
    with transaction.atomic(using=conf.database()):
        row, now, decided = _settled(key, user)
        was_paused = row.is_paused_at(now)
        if decided:
            row.paused_at = row.paused_until = None
            row.paused_by = row.pause_reason = ""
        elif was_paused:
            row.paused_until = now  # what was due under the pause is still to be recorded
        row.save(using=conf.database(), update_fields=PAUSE)
    if was_paused:
        note(row, _("Resumed."), user=user)
    return was_paused


def release(key: str, *, user: AbstractBaseUser) -> bool:
    """
    Let a schedule out of quarantine: it is tried again at once, with what it missed.

    Return False if it was not in quarantine.
    """
    alias = conf.database()
    with transaction.atomic(using=alias):
        row = Schedule.objects.using(alias).select_for_update().get(pk=key)
        if row.quarantined_at is None:
            return False
        row.quarantined_at, row.error, row.error_count = None, "", 0
        row.next_due_at = _next_due(row, now=clock.db_now(alias))
        row.save(
            using=alias, update_fields=["quarantined_at", "error", "error_count", "next_due_at"]
        )
    note(row, _("Released from quarantine."), user=user)
    return True


def note(row: Schedule, text: str, *, user: AbstractBaseUser) -> None:
    """Write to the admin's history what was done, where there is an admin."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import CHANGE, LogEntry

    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(Schedule),
        object_id=row.pk,
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=text,
    )


def _next_due(row: Schedule, *, now: datetime) -> datetime | None:
    try:
        return first_due(trigger_of(row), row.watermark)
    except (
        SchedulerError
    ):  # a scheduler looks at once: it knows the trigger, or tells what is wrong
        return max(now, row.watermark + MICROSECOND)


def _settled(key: str, user: AbstractBaseUser) -> tuple[Schedule, datetime, bool]:
    """Lock the row; return it, the time, and whether all that was due until then is decided."""
    alias = conf.database()
    row = Schedule.objects.using(alias).select_for_update().get(pk=key)
    now = clock.db_now(alias)
    if not row.enabled or row.retired_at is not None:
        return row, now, True  # nothing is due until it comes back, and then it begins anew
    if row.quarantined_at is not None:
        return row, now, False
    return row, now, decide(row, now=now, recorded_by=str(user))
