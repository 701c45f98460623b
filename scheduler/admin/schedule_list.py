"""The list of schedules: a hundred rows cost a hundred rows, however many there are."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from scheduler import conf
from scheduler.admin.rows import beginning_with
from scheduler.dashboard.lanes import last_occurrences
from scheduler.operations.maintenance import current_maintenance
from tasks_core import clock


class ScheduleList(ChangeList):
    """Looks up the time once, and the last occurrences of the rows on its page only."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        last = last_occurrences(rows)
        now = clock.db_now(conf.database())
        for row in rows:
            row.last_occurrence, row.looked_at = last.get(row.key), now
        self.result_list = rows
        self.maintenance = current_maintenance()


def searched(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Return those whose key begins with ``term``; if none does, those that hold it anywhere."""
    if not term:
        return rows
    found = beginning_with(rows, "key", term)
    if found.order_by().exists():
        return found
    return rows.filter(Q(key__icontains=term) | Q(task__icontains=term))
