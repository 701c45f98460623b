"""Schedules that are seen for the first time, many in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max

from scheduler.definitions import versions
from scheduler.definitions.hashes import hash_of
from scheduler.definitions.takeover import note_past
from scheduler.due.questions import first_due
from scheduler.models import Occurrence, Schedule
from scheduler.triggers import Trigger
from scheduler.turn.rebuild import shaped

PAGE = 500  # keys in one query


class Newcomer(NamedTuple):
    """A row to be, and its trigger as an object: not every one can be made from its spec."""

    row: Schedule
    trigger: Trigger


def store(alias: str, new: Sequence[Newcomer], *, recorded_by: str) -> None:
    """
    Store new rows in the caller's transaction, each with its first version.

    They begin behind what the ledger has of their keys, which may have been used before. Raises
    IntegrityError if one of the keys is taken: then none is stored.
    """
    for start in range(0, len(new), PAGE):
        page = new[start : start + PAGE]
        rows = [row for row, _ in page]
        decided = _decided_until(alias, [row.key for row in rows])
        for row, trigger in page:
            # Never below what was decided before: the clock may have been set back since.
            row.floor = row.watermark = max(row.watermark, decided.get(row.key, row.watermark))
            row.definition_hash = hash_of(versions.definition_of(row))
            row.next_due_at = (
                first_due(shaped(trigger, row), row.watermark) if row.enabled else None
            )
        versions.begin_all((row for row in rows if row.enabled), recorded_by=recorded_by)
        Schedule.objects.using(alias).bulk_create(rows)
    for row, _ in new:
        note_past(row, recorded_by=recorded_by)


def _decided_until(alias: str, keys: Sequence[str]) -> dict[str, datetime]:
    planned = Occurrence.objects.using(alias).filter(schedule_key__in=keys, batch="")
    newest = planned.values_list("schedule_key").annotate(until=Max("until_at"))
    return dict(newest.order_by())
