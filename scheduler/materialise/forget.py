"""Old rows of the ledger go, and can never be made again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from scheduler import conf
from scheduler.models import Occurrence, Schedule
from tasks_core import clock
from tasks_core.backends.database.transactions import in_transaction


def forget(ids: Sequence[int], *, older_than: timedelta) -> int:
    """
    Delete those ledger rows that lie below their schedule's watermark by more than that.

    The watermark of a schedule that is retired or disabled stands still; now counts instead.

    The schedule's floor rises with them, so that what was forgotten is never made again.
    """
    alias = conf.database()
    return in_transaction(alias, partial(_forget, alias, ids, older_than=older_than))


def _forget(alias: str, ids: Sequence[int], *, older_than: timedelta) -> int:
    now = clock.db_now(alias)
    rows = list(Occurrence.objects.using(alias).filter(pk__in=ids))
    keys = {row.schedule_key for row in rows}
    locked = Schedule.objects.using(alias).filter(key__in=keys).order_by("key").select_for_update()
    schedules = {schedule.key: schedule for schedule in locked}
    gone: list[int] = []
    for row in rows:
        schedule = schedules.get(row.schedule_key)
        if schedule is None:
            gone.append(row.pk)
            continue
        stands = schedule.retired_at is not None or not schedule.enabled
        if row.until_at < (now if stands else schedule.watermark) - older_than:
            gone.append(row.pk)
            if not row.batch:  # what somebody asked for lies where it likes
                schedule.floor = max(schedule.floor, row.until_at)
    Schedule.objects.using(alias).bulk_update(schedules.values(), ["floor"])
    return Occurrence.objects.using(alias).filter(pk__in=gone).delete()[0]
