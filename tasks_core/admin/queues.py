"""The queues on one page: how many jobs wait and run in each, and a switch for each."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from tasks_core.admin import drawing, elsewhere
from tasks_core.admin.rows import ReadOnlyAdmin, backends
from tasks_core.backends.database.questions import indexed
from tasks_core.backends.database.questions.statistics import QueueFigures
from tasks_core.backends.served import ServedBackend
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Queue

SHOWN = ("running", "ready", "parked", "scheduled")


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    """Rows exist only of queues that were paused once, so the page is about more than rows."""

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tasks_core.change_queue"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request) and not self.has_operate_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._switch(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Queues"),
            "opts": self.model._meta,
            "media": self.media,
            "may_operate": self.has_operate_permission(request),
            "backends": {alias: _lines(request, each) for alias, each in _known().items()},
            "names": SHOWN,
        }
        return TemplateResponse(request, "tasks_core/queues.html", context)

    def _switch(self, request: HttpRequest) -> HttpResponse:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        backend = _known().get(request.POST.get("backend", ""))
        try:
            if backend is not None:
                with elsewhere.told_if_away(request, backend):
                    _decide(request, backend)
        except InvalidCall as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())


def _known() -> dict[str, ServedBackend]:
    return {**backends(), **elsewhere.backends()}


def _decide(request: HttpRequest, backend: ServedBackend) -> None:
    name = request.POST.get("queue", "")
    if "resume" in request.POST:
        if backend.resume_queue(name):
            _note(request, name, _("resumed"))
            messages.success(request, _("Queue %s goes on.") % name)
        return
    reason = request.POST.get("reason", "").strip()
    if backend.pause_queue(name, by=request.user.get_username(), reason=reason):
        _note(request, name, _("paused: %s") % reason if reason else _("paused"))
        messages.success(request, _("Queue %s is paused. What runs goes on.") % name)


def _note(request: HttpRequest, name: str, text: str) -> None:
    LogEntry.objects.create(
        user_id=str(request.user.pk),
        content_type=ContentType.objects.get_for_model(Queue),
        object_id=name,
        object_repr=name,
        action_flag=CHANGE,
        change_message=text,
    )


def _lines(request: HttpRequest, backend: ServedBackend) -> list[dict[str, Any]]:
    with elsewhere.told_if_away(request, backend):
        return [_line(queue) for queue in backend.questions.queues(backend.place)]
    return []


def _line(queue: QueueFigures) -> dict[str, Any]:
    counts = {name: getattr(queue, name) for name in SHOWN}
    return {
        "queue": queue,
        "counts": {name: _capped(count) for name, count in counts.items()},
        "picture": drawing.shares(counts),
        "oldest": drawing.instant(queue.oldest_ready_at),
        "paused": drawing.instant(queue.paused_at),
    }


def _capped(count: int) -> str:
    return f"{count}+" if count >= indexed.COUNTED else str(count)
