"""The history of one schedule, page by page."""

from __future__ import annotations

from django.db.models import Q

from scheduler import conf
from scheduler.http.shapes import LedgerQuery
from scheduler.models import Occurrence
from scheduler.operations.locking import row_of
from tasks_core.http.cursors import cursor, moment, place


def page(key: str, asked: LedgerQuery) -> tuple[list[Occurrence], str | None]:
    """Return rows, the newest first, and the next cursor. Raises UnknownSchedule."""
    rows = Occurrence.objects.using(conf.database()).filter(schedule_key=key)
    narrowed = {"reason": asked.reason, "until_at__gte": asked.since}
    rows = rows.filter(**{name: value for name, value in narrowed.items() if value})
    if asked.cursor:
        until, pk = place(asked.cursor, moment, int)
        rows = rows.filter(Q(until_at__lt=until) | Q(until_at=until, pk__lt=pk))
    found = list(rows.order_by("-until_at", "-pk")[: asked.limit + 1])
    if not found:
        row_of(key)  # or it never was
    if len(found) <= asked.limit:
        return found, None
    return found[:-1], cursor(found[-2].until_at, found[-2].pk)
