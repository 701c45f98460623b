"""The ledger in the admin: every due time, what became of it, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.admin.chips import became, instant
from scheduler.admin.filters import BatchFilter, EndFilter
from scheduler.admin.rows import NOTHING, ReadOnlyAdmin, beginning_with, job_link, schedule_link
from scheduler.dashboard.ledger import states_of
from scheduler.dashboard.spans import span
from scheduler.models import Occurrence, Schedule

MOST = 100  # schedules whose keys begin alike


class OccurrenceList(ChangeList):
    """Asks for the states of all jobs on a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        states = states_of(rows)
        for row in rows:
            row.came_to = states[row.pk]
        self.result_list = rows


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin):
    list_display = ("schedule", "due", "became", "count", "lag", "job", "asked_for")
    list_filter = ("outcome", "reason", EndFilter, BatchFilter, "recorded_at")
    search_fields = ("schedule_key",)
    search_help_text = _("A key or the beginning of one, or the id of a job")
    sortable_by = ()  # in the order of an index, as `get_ordering` says
    list_display_links = ("due",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return OccurrenceList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order of the index that answers: of some schedules, or of all."""
        if request.GET.get("q") or "schedule_key" in request.GET:
            return ("-schedule_key", "-due_at", "-batch")
        return ("-recorded_at", "-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what an index has: the id of a job, or keys of schedules."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(job_id=UUID(search_term)), False
        except ValueError:
            known = Schedule.objects.using(conf.database())
            alike = beginning_with(known, "key", search_term).order_by("key")
            keys = list(alike.values_list("key", flat=True)[:MOST])
            told = Q(schedule_key__in=[*keys, search_term])
            return queryset.filter(told), False

    @admin.display(description=_("schedule"))
    def schedule(self, row: Occurrence) -> SafeString | str:
        return schedule_link(row.schedule_key)

    @admin.display(description=_("due"))
    def due(self, row: Occurrence) -> SafeString:
        return instant(row.due_at)

    @admin.display(description=_("became"))
    def became(self, row: Any) -> SafeString:
        state = row.came_to if hasattr(row, "came_to") else states_of([row])[row.pk]
        return became(row, state)

    @admin.display(description=_("lag"))
    def lag(self, row: Occurrence) -> str:
        return span(max(0.0, (row.recorded_at - row.until_at).total_seconds()))

    @admin.display(description=_("job"))
    def job(self, row: Occurrence) -> SafeString | str:
        return NOTHING if row.job_id is None else job_link(row.job_id, _("job"))

    @admin.display(description=_("asked for by"))
    def asked_for(self, row: Occurrence) -> str:
        verb = row.batch.partition("-")[0] if row.batch else ""
        return f"{verb}: {row.recorded_by}" if verb else row.recorded_by
