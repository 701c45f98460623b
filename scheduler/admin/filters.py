"""What lists in the admin can be narrowed to. No choice costs a look at every row to offer it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.admin.forms import choices
from tasks_core import clock
from tasks_core.states import FINAL, JobState


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("active", _("Active")),
            ("paused", _("Paused")),
            ("failing", _("Failing")),
            ("quarantined", _("In quarantine")),
            ("overridden", _("Overridden")),
            ("disabled", _("Disabled")),
            ("ended", _("Ended")),
            ("retired", _("Retired")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.db_now(conf.database())
        paused = Q(paused_at__isnull=False) & (Q(paused_until=None) | Q(paused_until__gt=now))
        running = Q(enabled=True, retired_at=None, quarantined_at=None)
        conditions = {
            "active": running & ~paused,
            "paused": paused & Q(retired_at=None),
            "failing": running & ~Q(error=""),
            "quarantined": Q(quarantined_at__isnull=False),
            "overridden": Q(overridden_at__isnull=False),
            "disabled": Q(enabled=False, retired_at=None),
            "ended": running & Q(next_due_at=None, waits_for=None),
            "retired": Q(retired_at__isnull=False),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class QueueFilter(admin.SimpleListFilter):
    """Queues that anything uses."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name)
        names = {*choices.queues(), *([asked] if asked else [])}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(queue=self.value()) if self.value() else queryset


class CalendarFilter(admin.SimpleListFilter):
    title = _("calendar")
    parameter_name = "calendar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices.calendar_pairs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(calendar=self.value()) if self.value() else queryset


class EndFilter(admin.SimpleListFilter):
    """How the job ended."""

    title = _("job ended")
    parameter_name = "job_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in JobState if state in FINAL]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(job_state=self.value()) if self.value() else queryset


class BatchFilter(admin.SimpleListFilter):
    """Who asked for it: the schedule itself, or an operator, and how."""

    title = _("asked for by")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("planned", _("The schedule")),
            ("run", _("A run by hand")),
            ("backfill", _("A backfill")),
            ("resume", _("The end of a pause")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "planned":
                return queryset.filter(batch="")
            case "run" | "backfill" | "resume" as verb:
                return queryset.filter(batch__startswith=f"{verb}-")
        return queryset
