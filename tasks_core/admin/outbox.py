"""The outbox: which calls wait for a backend that is elsewhere, and why."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tasks_core import clock, conf, masking, outbox
from tasks_core.admin import drawing
from tasks_core.admin.rows import CountedPaginator, ModelAdmin
from tasks_core.models import Outbox
from tasks_core.presentation import ago


@admin.register(Outbox)
class OutboxAdmin(ModelAdmin):
    """Read-only, but for what nobody wants any more."""

    list_display = ("id", "task", "backend", "waits", "tries", "error")
    list_filter = ("backend",)
    readonly_fields = ("task", "arguments", "waits", "when", "options")
    exclude = ("call",)
    actions = ("hand_over",)
    show_full_result_count = False
    paginator = CountedPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).using(conf.get("OUTBOX_DATABASE"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("task"))
    def task(self, row: Outbox) -> str:
        return str(row.call.get("task", ""))

    @admin.display(description=_("arguments"))
    def arguments(self, row: Outbox) -> SafeString:
        told = (row.call.get(name) for name in ("task", "args", "kwargs"))
        return drawing.pretty(masking.shown(*told))

    @admin.display(description=_("when"))
    def when(self, row: Outbox) -> str:
        return row.call.get("when") or drawing.NOTHING

    @admin.display(description=_("options"))
    def options(self, row: Outbox) -> SafeString:
        return drawing.pretty(row.call.get("options"))

    @admin.display(description=_("waits since"), ordering="stored_at")
    def waits(self, row: Outbox) -> str:
        return ago(row.stored_at, clock.now())

    @admin.action(description=_("Hand over now"), permissions=["delete"])
    def hand_over(self, request: HttpRequest, rows: QuerySet[Outbox]) -> None:
        alias = conf.get("OUTBOX_DATABASE")
        rows.exclude(error="").update(try_at=clock.db_now(alias))
        count = outbox.sweep(alias)
        told = ngettext("%d call was handed over.", "%d calls were handed over.", count) % count
        self.message_user(request, told, messages.SUCCESS if count else messages.WARNING)
