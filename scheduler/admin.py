"""Schedules and their ledger in the admin: facts to read, and verbs for those who may operate."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduler import conf, operate
from scheduler.chips import became, chip, instant
from scheduler.dashboard.lanes import known_trigger, state_of, words
from scheduler.dashboard.ledger import states_of
from scheduler.dashboard.spans import span
from scheduler.exceptions import InvalidTrigger
from scheduler.filters import StateFilter
from scheduler.models import Occurrence, Schedule
from scheduler.triggers import due_times
from tasks_core import clock

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

NOTHING = "-"
COMING = 10
HISTORY = 20


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the scheduler writes."""

    show_full_result_count = False  # counting a long ledger is slower than showing a page of it

    class Media:
        css = {"all": ["tasks_scheduler/dashboard.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the ledger's database, which need not be where the routers read."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.using(conf.database())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReasonForm(ActionForm):
    """The bar of actions, with room for the reason of a pause."""

    reason = forms.CharField(required=False, max_length=255, label=_("Reason:"))


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ("key", "state", "trigger_in_words", "next", "last", "lag", "source")
    list_filter = (StateFilter, "source", "catch_up", "overlap", "queue")
    search_fields = ("key", "task")
    actions = ("pause", "resume", "release")
    action_form = ReasonForm
    fieldsets = (
        (None, {"fields": ("key", "state", "trigger_in_words", "next", "coming", "history")}),
        (_("What runs"), {"fields": ("task", "args", "kwargs", "backend", "queue", "priority")}),
        (
            _("Policies"),
            {"fields": ("catch_up", "catch_up_limit", "catch_up_window", "overlap", "timezone")},
        ),
        (_("Pause"), {"fields": ("paused_at", "paused_by", "pause_reason", "paused_until")}),
        (
            _("Record"),
            {"fields": ("source", "trigger", "release", "watermark", "known_since", "error")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        newest = Occurrence.objects.filter(schedule_key=OuterRef("key")).order_by("-due_at")
        rows: QuerySet[Schedule] = super().get_queryset(request)
        return rows.annotate(
            last_due=Subquery(newest.values("until_at")[:1]),
            last_recorded=Subquery(newest.values("recorded_at")[:1]),
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may act on schedules, which is more than to view them."""
        return bool(request.user.has_perm("tasks_scheduler.change_schedule"))

    @admin.display(description=_("state"))
    def state(self, row: Schedule) -> SafeString:
        state = "off" if row.retired_at else state_of(row, clock.db_now(conf.database()))
        why = row.error if state == "quarantined" else row.pause_reason
        return chip(state, {"good": _("active"), "off": _("not running")}.get(state, state), why)

    @admin.display(description=_("when"))
    def trigger_in_words(self, row: Schedule) -> str:
        return words(known_trigger(row), row)

    @admin.display(description=_("next"), ordering="next_due_at")
    def next(self, row: Schedule) -> str | SafeString:
        return NOTHING if row.next_due_at is None else instant(row.next_due_at)

    @admin.display(description=_("last"), ordering="last_due")
    def last(self, row: Any) -> str | SafeString:
        return NOTHING if row.last_due is None else instant(row.last_due)

    @admin.display(description=_("lag"))
    def lag(self, row: Any) -> str:
        """Return how long after its last due time it was recorded."""
        if row.last_due is None:
            return NOTHING
        return span(max(0.0, (row.last_recorded - row.last_due).total_seconds()))

    @admin.display(description=_("next due times"))
    def coming(self, row: Schedule) -> SafeString | str:
        trigger = known_trigger(row)
        if trigger is None or row.next_due_at is None:
            return NOTHING
        try:
            found = list(islice(due_times(trigger, row.watermark), COMING))
        except InvalidTrigger as error:
            return str(error)
        return format_html_join("", "{}<br>", ((instant(due_at),) for due_at in found))

    @admin.display(description=_("ledger"))
    def history(self, row: Schedule) -> SafeString:
        ledger = Occurrence.objects.using(conf.database()).filter(schedule_key=row.key)
        newest = list(ledger.order_by("-due_at")[:HISTORY])
        states = states_of(newest)
        told = ((instant(each.due_at), became(each, states[each.pk])) for each in newest)
        lines = format_html_join("", "{} {}<br>", told)
        address = reverse("admin:tasks_scheduler_occurrence_changelist")
        return format_html('{}<a href="{}?q={}">{}</a>', lines, address, row.key, _("all of it"))

    @admin.action(description=_("Pause"), permissions=["operate"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        reason = request.POST.get("reason", "")
        self._act(request, chosen, lambda key, user: operate.pause(key, user=user, reason=reason))

    @admin.action(description=_("Resume"), permissions=["operate"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        self._act(request, chosen, lambda key, user: operate.resume(key, user=user))

    @admin.action(description=_("Release from quarantine"), permissions=["operate"])
    def release(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        self._act(request, chosen, lambda key, user: operate.release(key, user=user))

    def _act(
        self, request: HttpRequest, chosen: QuerySet[Schedule], verb: Callable[[str, Any], bool]
    ) -> None:
        keys = list(chosen.order_by().values_list("key", flat=True))
        done = sum(verb(key, request.user) for key in keys)
        level = messages.SUCCESS if done else messages.WARNING
        told = ngettext("%d schedule was changed.", "%d schedules were changed.", done) % done
        self.message_user(request, told, level)


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin):
    list_display = ("schedule", "due", "became", "count", "lag", "job", "recorded_by")
    list_filter = ("outcome", "reason", "job_state", "recorded_at")
    search_fields = ("schedule_key", "=job_id")

    @admin.display(description=_("schedule"), ordering="schedule_key")
    def schedule(self, row: Occurrence) -> str:
        return str(row.schedule_key)

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, row: Occurrence) -> SafeString:
        return instant(row.due_at)

    @admin.display(description=_("became"), ordering="outcome")
    def became(self, row: Occurrence) -> SafeString:
        return became(row, states_of([row])[row.pk])

    @admin.display(description=_("lag"))
    def lag(self, row: Occurrence) -> str:
        return span(max(0.0, (row.recorded_at - row.until_at).total_seconds()))

    @admin.display(description=_("job"), ordering="job_id")
    def job(self, row: Occurrence) -> SafeString | str:
        if row.job_id is None:
            return NOTHING
        address = reverse("admin:tasks_core_job_change", args=[row.job_id])
        return format_html('<a href="{}">{}</a>', address, _("job"))
