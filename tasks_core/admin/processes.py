"""The processes: which live, and which ended without a word."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks_core import clock
from tasks_core.admin import drawing
from tasks_core.admin.rows import ReadOnlyAdmin
from tasks_core.models import Process


@admin.register(Process)
class ProcessAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "life", "serves", "concurrency", "since")
    list_filter = ("kind", "stopped_at")
    readonly_fields = ("life",)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-started_at",)

    @admin.display(description=gettext_lazy("state"))
    def life(self, process: Process) -> SafeString:
        kind, words = _life(process)
        return format_html('<span class="job-state job-state-{}">{}</span>', kind, words)

    @admin.display(description=gettext_lazy("serves"))
    def serves(self, process: Process) -> str:
        return ", ".join(process.queues) or _("all queues")

    @admin.display(description=gettext_lazy("started"))
    def since(self, process: Process) -> SafeString | str:
        return drawing.instant(process.started_at)


def _life(process: Process) -> tuple[str, str]:
    if process.stopped_at is not None:
        return "cancelled", _("stopped")
    if process.lease_expires_at > clock.now():
        return "successful", _("alive")
    return "failed", _("ended without a word")
