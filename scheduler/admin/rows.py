"""Rows in the ledger's database; a list of them costs what it shows, not what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scheduler import conf
from scheduler.admin.chips import instant
from tasks_core.admin.rows import CountedPaginator

if TYPE_CHECKING:
    from datetime import datetime

    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

NOTHING = "-"
LAST = "\U0010ffff"  # no text goes on with a later character


class LedgerAdmin(ModelAdmin):
    """What an operation notes itself, with its reason, is not noted again."""

    show_full_result_count = False  # counting a long ledger is slower than showing a page of it
    show_facets = admin.ShowFacets.NEVER  # the same, for each choice of each filter
    paginator = CountedPaginator
    delete_confirmation_template = "tasks_scheduler/admin/delete.html"  # which ask for a reason
    delete_selected_confirmation_template = "tasks_scheduler/admin/delete_selected.html"

    class Media:
        css = {"all": ["tasks_scheduler/dashboard.css", "tasks_scheduler/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the ledger's database, which need not be where the routers read."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.using(conf.database())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None


class ReadOnlyAdmin(LedgerAdmin):
    """Rows that only the scheduler and the operations write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def noted(request: HttpRequest) -> dict[str, Any]:
    """Return who deletes, and why: what an operation notes."""
    return {"user": request.user, "reason": request.POST.get("reason", "")}


def beginning_with(rows: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    """Return the rows whose ``field`` begins with ``text``, found by its index."""
    if connections[rows.db].vendor == "postgresql":  # which has an index for patterns
        return rows.filter(**{f"{field}__startswith": text})
    return rows.filter(**{f"{field}__gte": text, f"{field}__lt": text + LAST})


def moment(value: datetime | None) -> SafeString | str:
    return NOTHING if value is None else instant(value)


def schedule_link(key: str) -> SafeString | str:
    if not key:
        return NOTHING
    return format_html('<a href="{}">{}</a>', schedule_address(key), key)


def schedule_address(key: str, page: str = "change") -> str:
    from django.contrib.admin.utils import quote

    return reverse(f"admin:tasks_scheduler_schedule_{page}", args=[quote(key)])


def job_link(job_id: Any, text: Any) -> SafeString:
    address = reverse("admin:tasks_core_job_change", args=[job_id])
    return format_html('<a href="{}">{}</a>', address, text)
