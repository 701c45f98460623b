"""A skip that goes on for the same reason shares the row of the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from scheduler import conf, signals
from scheduler.choices import Reason
from scheduler.materialise.watermarks import WatermarkMoved
from scheduler.models import Occurrence, Schedule
from scheduler.turn.work import Work


def share_rows(alias: str, work: Sequence[Work], **recorded: Any) -> set[str]:
    """Let a skip that goes on for the same reason share the row; return the keys that do."""
    going_on = {each.row.key: each for each in work if each.decisions and each.decisions[0].reason}
    return {
        last.schedule_key
        for last in _last_rows(alias, list(going_on))
        if _extend(alias, last, going_on[last.schedule_key], **recorded)
    }


def _last_rows(alias: str, keys: Sequence[str]) -> Iterable[Occurrence]:
    """Return the newest ledger row of each schedule; one index look-up per key."""
    if not keys:
        return []
    of_schedule = Occurrence.objects.filter(schedule_key=OuterRef("key"), batch="")
    newest = Subquery(of_schedule.order_by("-due_at").values("pk")[:1])
    schedules = Schedule.objects.using(alias).filter(key__in=keys).annotate(newest=newest)
    newest_ids = list(schedules.values_list("newest", flat=True))
    return Occurrence.objects.using(alias).filter(pk__in=newest_ids)


def _extend(alias: str, last: Occurrence, work: Work, **recorded: Any) -> bool:
    skip = work.decisions[0]
    if (last.reason, last.definition_hash) != (skip.reason, work.row.definition_hash):
        return False
    both = None if last.count is None or skip.count is None else last.count + skip.count
    unchanged = Occurrence.objects.using(alias).filter(pk=last.pk, until_at=last.until_at)
    if not unchanged.update(until_at=skip.until_at, count=both, **recorded):
        raise WatermarkMoved(work.row.key)
    _tell_overlaps(alias, work, before=last.count, after=both)
    return True


def _tell_overlaps(alias: str, work: Work, *, before: int | None, after: int | None) -> None:
    limit = conf.tuning().overlaps_in_a_row
    if work.decisions[0].reason == Reason.OVERLAP and (before or 0) < limit <= (after or 0):
        told = partial(
            signals.schedule_overlapping.send_robust,
            sender=Schedule,
            key=work.row.key,
            count=after,
        )
        transaction.on_commit(told, using=alias)
