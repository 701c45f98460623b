"""The jobs of backends that no database has: a list for each state, and what may be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tasks_core import job_backends
from tasks_core.admin import acts
from tasks_core.backends.base import BaseJobBackend
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Wanted
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.troubles import in_words

if TYPE_CHECKING:
    from tasks_core.admin.jobs import JobAdmin

NAME = "tasks_core_job_elsewhere"
SHOWN = 100  # the newest; a page that turned would need an order that no index has
KEPT = ("state", "queue", "task")  # what the list can be narrowed to
ACTS = {
    "retry": (_("Retry"), [acts.RETRY]),
    "cancel": (_("Cancel"), [acts.CANCEL, acts.ASK]),
    "delete": (_("Delete"), [acts.DELETE]),
}


def backends() -> dict[str, ServedBackend]:
    """Return the backends that our workers serve and whose jobs are in no database, by alias."""
    return {
        alias: backend
        for alias, backend in _usable()
        if isinstance(backend, ServedBackend) and backend.database is None
    }


def only() -> str:
    """Return the alias of the first, if no backend has its jobs in a database; else nothing."""
    if any(backend.database is not None for _, backend in _usable()):
        return ""
    return next(iter(backends()), "")


def _usable() -> Iterator[tuple[str, BaseJobBackend]]:
    for alias in job_backends:
        with suppress(InvalidJobBackend):  # checks tell of it
            yield alias, job_backends[alias]


def url(alias: str, narrowed: Mapping[str, Any]) -> str:
    """Return the address of the list, narrowed as that of the database was."""
    told = {name: narrowed[name] for name in KEPT if narrowed.get(name)}
    if state := narrowed.get("state__exact"):
        told["state"] = state
    return f"{reverse(f'admin:{NAME}', args=[alias])}?{urlencode(told)}"


def find(request: HttpRequest, job_id: str) -> Job | None:
    """Return the job, whichever of these backends has it, and tell of those that are away."""
    try:
        ids = [UUID(job_id)]
    except ValueError:
        return None
    for backend in backends().values():
        with told_if_away(request, backend):
            if found := backend.questions.rows(backend.place, ids):
                return found[0]
    return None


@contextmanager
def told_if_away(request: HttpRequest, backend: ServedBackend) -> Iterator[None]:
    """Show a page without what a server that is away would have told."""
    try:
        yield
    except Exception as error:
        if (words := _words(error)) is None:
            raise
        messages.error(request, f"{backend}: {words}.")


def _words(error: Exception) -> str | None:
    return str(error).rstrip(".") if isinstance(error, InvalidJobBackend) else in_words(error)


def page(view: JobAdmin, request: HttpRequest, alias: str) -> HttpResponse:
    if not view.has_view_permission(request):
        raise PermissionDenied
    backend = backends().get(alias)
    if backend is None:
        raise Http404(f"JOBS has no backend {alias!r} that keeps its jobs in no database.")
    if request.method == "POST":
        _act(view, request, backend)
        return HttpResponseRedirect(request.get_full_path())
    narrowed = {name: request.GET.get(name, "") for name in KEPT}
    jobs: list[Job] = []
    with told_if_away(request, backend):
        jobs = backend.questions.find(backend.place, _wanted(narrowed), limit=SHOWN)
    context = {
        **view.admin_site.each_context(request),
        "title": _("Jobs of %s") % alias,
        "opts": Job._meta,
        "media": view.media,
        "rows": [(job, [cell(job) for cell in _cells(view)]) for job in jobs],
        "headings": [cell.short_description for cell in _cells(view)],
        "states": _links(alias, narrowed),
        "narrowed": [word for name, word in narrowed.items() if word and name != "state"],
        "acts": {name: words for name, (words, _acts) in ACTS.items() if _may(view, request, name)},
        "shown": SHOWN,
    }
    return TemplateResponse(request, "tasks_core/elsewhere.html", context)


def _wanted(narrowed: Mapping[str, str]) -> Wanted:
    state = narrowed["state"]
    states = [JobState(state)] if state in JobState.values else []
    return Wanted(states=states, queue=narrowed["queue"], task=narrowed["task"])


def _cells(view: JobAdmin) -> list[Any]:
    return [getattr(view, name) for name in view.list_display]


def _links(alias: str, narrowed: Mapping[str, str]) -> list[tuple[str, Any, str, bool]]:
    choices = [("", _("All")), *((state.value, state.label) for state in JobState)]
    return [
        (value, words, url(alias, {**narrowed, "state": value}), value == narrowed["state"])
        for value, words in choices
    ]


def _may(view: JobAdmin, request: HttpRequest, name: str) -> bool:
    is_removal = name == "delete"
    may = view.has_remove_permission if is_removal else view.has_operate_permission
    return may(request)


def _act(view: JobAdmin, request: HttpRequest, backend: ServedBackend) -> None:
    name = request.POST.get("act", "")
    if name not in ACTS or not _may(view, request, name):
        raise PermissionDenied
    try:
        ids = [UUID(text) for text in request.POST.getlist("job")]
    except ValueError:
        raise Http404 from None
    if not ids:
        messages.warning(request, _("No job was chosen."))
        return
    with told_if_away(request, backend):
        acts.tell(request, backend, ids, acts=ACTS[name][1])
