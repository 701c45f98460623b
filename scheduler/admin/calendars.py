"""Calendars of the database in the admin; to save one plans the schedules that use it anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from scheduler import calendars, conf
from scheduler.admin.forms.calendar import CalendarForm, stored_calendar
from scheduler.admin.rows import NOTHING, LedgerAdmin, noted
from scheduler.admin.verbs.page import REFUSALS
from scheduler.definitions.dated import using
from scheduler.models import Calendar
from scheduler.operations.calendar import delete_calendar, save_calendar, why_needed
from tasks_core import clock

DAYS = 10  # that are shown
LOOK = 400  # days
SOME = 20  # schedules that are named
FIELDS: Any = (
    (
        None,
        {
            "fields": (
                *("name", "weekdays", "dates", "ranges", "windows", "timezone", "also"),
                "reason",
            )
        },
    ),
)


@admin.register(Calendar)
class CalendarAdmin(LedgerAdmin):
    form = CalendarForm
    list_display = ("name", "excludes", "used")
    sortable_by = ("name",)
    search_fields = ("name",)
    change_form_template = "tasks_scheduler/admin/calendar_form.html"

    class Media:
        js = ["tasks_scheduler/form.js"]

    @admin.display(description=_("excludes"))
    def excludes(self, row: Calendar) -> str:
        found = stored_calendar(row)
        return found.describe() if found else NOTHING

    @admin.display(description=_("schedules"))
    def used(self, row: Calendar) -> SafeString | str:
        count = using(row.name).count()
        address = reverse("admin:tasks_scheduler_schedule_changelist")
        link = format_html('<a href="{}?calendar={}">{}</a>', address, row.name, count)
        return link if count else NOTHING

    def get_urls(self) -> list[Any]:
        live = self.admin_site.admin_view(self.preview)
        name = "tasks_scheduler_calendar_{}_preview".format
        return [
            path("preview/", live, name=name("add")),
            path("<path:object_id>/preview/", live, name=name("change")),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("excludes",) if obj is None else ("name", "excludes")

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm  # all of its fields are read-only
        return super().get_form(request, obj, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "excludes", "rules")}),)
        return FIELDS

    @method_decorator(require_POST)
    def preview(self, request: HttpRequest, object_id: str = "") -> HttpResponse:
        """Answer what a calendar would exclude, if it were saved as it is now."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and row is None:
            raise Http404
        allowed = self.has_change_permission(request) if row else self.has_add_permission(request)
        if not allowed:
            raise PermissionDenied
        bound: Any = self.get_form(request, row, change=row is not None)
        form = bound(request.POST, instance=row) if row else bound(request.POST)
        form.is_valid()
        html = render_to_string("tasks_scheduler/admin/excluded.html", {"excluded": _of(form)})
        return JsonResponse({"errors": form.errors.get_json_data(), "html": html})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        form, row = context["adminform"].form, kwargs.get("obj")
        page = "tasks_scheduler_calendar_{}_preview"
        if row is None:
            context["preview_url"] = reverse(f"admin:{page.format('add')}")
        else:
            context["preview_url"] = reverse("admin:" + page.format("change"), args=[row.pk])
            context["users"] = list(using(row.name).order_by("key").only("key")[:SOME])
        context["excluded"] = _of(form)
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except REFUSALS as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: PLR0917  Django's
        obj.name = form.calendar_name
        why: dict[str, Any] = {"user": request.user, "reason": form.cleaned_data["reason"]}
        keys = save_calendar(obj.name, form.rules, **why)
        if keys:
            told = ngettext(
                "%d schedule is planned anew.", "%d schedules are planned anew.", len(keys)
            )
            messages.info(request, told % len(keys))

    def delete_model(self, request: Any, obj: Any) -> None:
        delete_calendar(obj.pk, **noted(request))

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        for name in queryset.order_by("name").values_list("name", flat=True):
            delete_calendar(name, **noted(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name those that something uses: they stay."""
        told, counts, missing, protected = super().get_deleted_objects(objs, request)
        needed = filter(None, (why_needed(row.name) for row in objs))
        return told, counts, missing, [*protected, *needed]


def _of(form: Any) -> list[dict[str, Any]] | None:
    """Return the next excluded days and windows; None of a calendar that is not right."""
    if form.is_bound:
        found = None if form.errors or not form.is_valid() else form.calendar
    else:
        found = stored_calendar(form.instance) if form.instance.pk else None
    return None if found is None else excluded(found, now=clock.db_now(conf.database()))


def excluded(calendar: calendars.Calendar, *, now: datetime) -> list[dict[str, Any]]:
    """Return the next stretches of excluded time, in the calendar's own zone."""
    end = now + timedelta(days=LOOK)
    found: list[dict[str, Any]] = []
    moment: datetime | None = now
    while moment is not None and moment < end and len(found) < DAYS:
        begin = _change(calendar, moment, to=True)
        until = None if begin is None else _change(calendar, begin, to=False)
        if begin is not None:
            zone = calendar.zone
            found.append(
                {"since": begin.astimezone(zone), "until": until and until.astimezone(zone)}
            )
        moment = until
    return found


def _change(calendar: calendars.Calendar, moment: datetime, *, to: bool) -> datetime | None:
    """Return the first instant from ``moment`` on at which it excludes, or does not."""
    for _look in range(LOOK):
        if calendar.excludes(moment) is to:
            return moment
        change = calendar.next_change(moment)
        if change is None:
            return None
        moment = change
    return None
