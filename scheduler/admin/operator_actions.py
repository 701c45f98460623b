"""What operators did, in the admin: nobody changes it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduler.admin.chips import instant
from scheduler.admin.rows import ReadOnlyAdmin, beginning_with, schedule_link
from scheduler.models import OperatorAction

VERBS = (
    *("pause", "resume", "release", "run", "backfill", "create", "change", "delete"),
    *("override", "restore", "sync", "begin maintenance", "end maintenance"),
    *("create calendar", "change calendar", "delete calendar"),
)


class VerbFilter(admin.SimpleListFilter):
    title = _("verb")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(verb, verb) for verb in VERBS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    list_display = ("when", "by", "verb", "schedule", "reason")
    list_filter = (VerbFilter, "at")
    search_fields = ("schedule_key",)
    search_help_text = _("The beginning of a key")
    sortable_by = ()
    fields = ("when", "by", "verb", "schedule", "reason", "told")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        return beginning_with(queryset, "schedule_key", search_term), False

    @admin.display(description=_("at"))
    def when(self, row: OperatorAction) -> SafeString:
        return instant(row.at)

    @admin.display(description=_("schedule"))
    def schedule(self, row: OperatorAction) -> SafeString | str:
        return schedule_link(row.schedule_key)

    @admin.display(description=_("details"))
    def told(self, row: OperatorAction) -> SafeString:
        text = json.dumps(row.details, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
        return format_html("<pre class='ts-code'>{}</pre>", text)
