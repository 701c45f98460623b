"""Another release of tzdata: what is decided stays decided, what is not due yet moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from scheduler import conf, signals
from scheduler.due import tzdata
from scheduler.due.questions import first_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule, ZoneRules
from scheduler.turn.rebuild import trigger_of
from tasks_core import clock

PAGE = 500


class _Move(NamedTuple):
    """What the rows said as they were read, and when they are due by the rules of this process."""

    watermark: datetime
    before: datetime
    after: datetime | None


def replan() -> int:
    """
    Compute when schedules are due next, if that was last done with another tzdata.

    Returns how many moved. Rows that somebody decides about meanwhile are left to him.
    """
    alias, mine = conf.database(), tzdata.version()
    rules = ZoneRules.objects.using(alias)
    before = rules.values_list("version", flat=True).first()
    if before == mine:
        return 0
    moved = sum(_replanned(alias)) if before else 0
    rules.create(version=mine, since=clock.db_now(alias))
    if before:
        signals.zone_rules_changed.send_robust(
            sender=ZoneRules, before=before, version=mine, moved=moved
        )
    return moved


def _replanned(alias: str) -> Iterator[int]:
    # One that waits for its next attempt, or for a job to end, is not due by its trigger.
    rows = Schedule.objects.using(alias).filter(
        next_due_at__isnull=False, error_count=0, waits_for=None
    )
    last = ""
    while page := list(rows.filter(key__gt=last).order_by("key")[:PAGE]):
        yield _moved(alias, page)
        last = page[-1].key


def _moved(alias: str, page: Sequence[Schedule]) -> int:
    moves: dict[_Move, list[str]] = defaultdict(list)
    for row in page:
        with suppress(SchedulerError):  # other processes know it, or a tick tells what is wrong
            due_at = first_due(trigger_of(row), row.watermark)
            if row.next_due_at is not None and due_at != row.next_due_at:
                moves[_Move(row.watermark, row.next_due_at, due_at)].append(row.key)
    count = 0
    for move, keys in moves.items():
        unmoved = Schedule.objects.using(alias).filter(
            key__in=keys, watermark=move.watermark, next_due_at=move.before
        )
        count += unmoved.update(next_due_at=move.after)
    return count
