"""What the list of schedules in the admin can be narrowed to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from tasks_core import clock


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("active", _("Active")),
            ("paused", _("Paused")),
            ("quarantined", _("In quarantine")),
            ("retired", _("Retired")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.db_now(conf.database())
        paused = Q(paused_at__isnull=False) & (Q(paused_until=None) | Q(paused_until__gt=now))
        conditions = {
            "active": Q(enabled=True, retired_at=None, quarantined_at=None) & ~paused,
            "paused": paused,
            "quarantined": Q(quarantined_at__isnull=False),
            "retired": Q(retired_at__isnull=False),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))
