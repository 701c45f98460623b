"""Schedules in the admin. Whatever is changed here is changed by an operation."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduler import operations
from scheduler.admin import previews, schedule_page
from scheduler.admin.chips import became, chip, instant
from scheduler.admin.filters import CalendarFilter, QueueFilter, StateFilter
from scheduler.admin.forms import choices, entry
from scheduler.admin.forms.schedule import ScheduleForm
from scheduler.admin.rows import NOTHING, LedgerAdmin, moment, noted
from scheduler.admin.schedule_list import ScheduleList, searched
from scheduler.admin.verbs import VERBS, for_many, for_one, override
from scheduler.admin.verbs.page import REFUSALS
from scheduler.admin.verbs.verb import Verb
from scheduler.choices import Source
from scheduler.dashboard.lanes import known_trigger, state_of, words
from scheduler.dashboard.spans import span
from scheduler.models import Schedule


def _action(verb: Verb) -> Any:
    @admin.action(description=verb.title, permissions=["operate"])
    def act(model_admin: Any, request: HttpRequest, chosen: Any) -> HttpResponse | None:
        return for_many(model_admin, request, chosen, verb=verb)

    act.__name__ = verb.name
    return act


@admin.register(Schedule)
class ScheduleAdmin(LedgerAdmin):
    form = ScheduleForm
    list_display = ("key", "state", "trigger_in_words", "next", "last", "declared_in")
    list_filter = (StateFilter, "source", QueueFilter, CalendarFilter, "catch_up", "overlap")
    search_fields = ("key",)
    search_help_text = _("The beginning of a key; else a part of a key or of a task")
    sortable_by = ("key", "next")
    actions = tuple(_action(verb) for verb in VERBS.values() if verb.is_for_many)
    change_list_template = "tasks_scheduler/admin/schedule_list.html"
    change_form_template = "tasks_scheduler/admin/schedule_form.html"

    class Media:
        js = ["tasks_scheduler/form.js"]

    # Who may: to edit is for schedules of the database, to operate is for all.

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may act on schedules, which is more than to view them."""
        return bool(request.user.has_perm("tasks_scheduler.change_schedule"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_own(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_own(obj)

    # The list.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ScheduleList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return searched(queryset, search_term), False

    @admin.display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        state = "off" if row.retired_at else state_of(row, row.looked_at)
        why = row.error if state == "quarantined" else row.pause_reason
        return chip(state, {"good": _("active"), "off": _("not running")}.get(state, state), why)

    @admin.display(description=_("when"))
    def trigger_in_words(self, row: Schedule) -> str:
        return words(known_trigger(row), row)

    @admin.display(description=_("next"), ordering="next_due_at")
    def next(self, row: Schedule) -> str | SafeString:
        return moment(row.next_due_at)

    @admin.display(description=_("last"))
    def last(self, row: Any) -> str | SafeString:
        """Return what its last due time became, and how long after it that was recorded."""
        if row.last_occurrence is None:
            return NOTHING
        last, came_to = row.last_occurrence
        lag = span(max(0.0, (last.recorded_at - last.until_at).total_seconds()))
        return format_html(
            '{}<br>{} <small class="ts-nowrap">{}</small>',
            became(last, came_to),
            instant(last.until_at, exactly=False),
            gettext("after %s") % lag,
        )

    @admin.display(description=_("source"))
    def declared_in(self, row: Schedule) -> str | SafeString:
        source = row.get_source_display()
        return chip("running", _("overridden"), source) if row.override else source

    # The pages.

    def get_urls(self) -> list[Any]:
        name = "tasks_scheduler_schedule_{}".format

        def page(address: str, view: Any, called: str) -> Any:
            mine = self.admin_site.admin_view(partial(view, self))
            return path(address, mine, name=name(called))

        one = "<path:object_id>/"
        return [
            page("preview/", previews.for_schedule, "add_preview"),
            page(f"{one}override/preview/", override.live, "override_preview"),
            page(f"{one}override/", override.page, "override"),
            page(f"{one}preview/", previews.for_schedule, "change_preview"),
            *(
                page(f"{one}{verb.name}/", partial(for_one, verb=verb), verb.name)
                for verb in VERBS.values()
            ),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("key",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return schedule_page.shown(obj)
        return schedule_page.EDITED

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm  # all of its fields are read-only
        return super().get_form(request, obj, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        form, row = context["adminform"].form, kwargs.get("obj")
        may_operate = self.has_operate_permission(request)
        context |= schedule_page.context(row, form=form, may_operate=may_operate)
        return super().render_change_form(request, context, *args, **kwargs)

    # What is written.

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except REFUSALS as error:  # something changed since the form was checked
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: PLR0917  Django's
        why: dict[str, Any] = {"user": request.user, "reason": form.cleaned_data["reason"]}
        if not change:
            obj.key = operations.create(form.schedule_key, **why, **form.options).key
        elif options := form.changed_options:
            operations.change(obj.pk, **why, **options)
        queue = entry.queue_of(form.cleaned_data, form.known_task)
        if not choices.is_served(queue):
            told = gettext("No live worker serves the queue “%s”: its jobs will wait.") % queue
            messages.warning(request, told)

    def delete_model(self, request: Any, obj: Any) -> None:
        operations.delete(obj.pk, **noted(request))

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        for key in queryset.order_by("key").values_list("key", flat=True):
            operations.delete(key, **noted(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name those that are declared in code, which nobody deletes here."""
        told, counts, missing, protected = super().get_deleted_objects(objs, request)
        declared = [row for row in objs if not _is_own(row)]
        if self.has_delete_permission(request):
            missing = set()
        kept = [gettext("%(key)s, declared in %(source)s") % _about(row) for row in declared]
        return told, counts, missing, [*protected, *kept]


def _is_own(row: Schedule | None) -> bool:
    return row is None or row.source == Source.DATABASE


def _about(row: Schedule) -> dict[str, Any]:
    return {"key": row.key, "source": row.get_source_display()}
