"""The page of a verb: it says what will happen, asks for what it must know, and does it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduler import conf
from scheduler.admin.rows import schedule_address
from scheduler.admin.verbs.verb import Verb
from scheduler.exceptions import SchedulerError
from tasks_core import clock
from tasks_core.exceptions import JobError

REFUSALS = (SchedulerError, JobError, ImproperlyConfigured)
MOST = 500  # schedules at a time: each is a transaction of its own, and somebody waits
SHOWN = 5  # of what was refused
TEMPLATE = "tasks_scheduler/admin/verb.html"


def for_one(admin: Any, request: HttpRequest, object_id: str, *, verb: Verb) -> HttpResponse:
    """Show or take the page of ``verb`` for one schedule."""
    row, refusal = row_for(admin, request, object_id, verb=verb)
    if refusal is not None:
        return refusal
    form = verb.form(request.POST if request.method == "POST" else None, row=row)
    looked: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            if verb.look is not None:
                looked = verb.look(row.pk, form.cleaned_data)
            if verb.look is None or "_confirm" in request.POST:
                _tell(request, verb.act(row.pk, request.user, form.cleaned_data), verb)
                return HttpResponseRedirect(schedule_address(row.pk))
        except REFUSALS as error:
            form.add_error(None, str(error))
    more = {"row": row, "back": schedule_address(row.pk), **looked}
    return asked(admin, request, verb=verb, form=form, **more)


def for_many(admin: Any, request: HttpRequest, chosen: Any, *, verb: Verb) -> HttpResponse | None:
    """Show or take the page of ``verb`` for the schedules that were chosen in the list."""
    keys = list(chosen.order_by("key").values_list("key", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        told = _("At most %d schedules at a time: narrow the list, or use a command.") % MOST
        messages.error(request, told)
        return None
    is_told = "_confirm" in request.POST
    form = verb.form(request.POST if is_told else None)
    if is_told and form.is_valid():
        _act_on_all(request, keys, verb=verb, said=form.cleaned_data)
        return None
    return asked(admin, request, verb=verb, form=form, keys=keys, back=request.get_full_path())


def asked(
    admin: Any, request: HttpRequest, *, form: Any, verb: Any, fieldsets: Any = None, **more: Any
) -> HttpResponse:
    """Return the page that asks."""
    context = {
        **admin.admin_site.each_context(request),
        "title": verb.title,
        "verb": verb,
        "opts": admin.model._meta,
        "media": admin.media + form.media,
        "adminform": AdminForm(
            form, fieldsets or [(None, {"fields": list(form.fields)})], {}, model_admin=admin
        ),
        "errors": form.errors if form.is_bound else {},
        "looks": verb.look is not None,  # templates call what can be called
        **more,
    }
    return TemplateResponse(request, TEMPLATE, context)


def row_for(
    admin: Any, request: HttpRequest, object_id: str, *, verb: Verb
) -> tuple[Any, HttpResponse | None]:
    """Return the schedule that a page is about; and the answer, where there is no such page."""
    if not admin.has_operate_permission(request):
        raise PermissionDenied
    row = admin.get_object(request, unquote(object_id))
    if row is None:
        raise Http404(_("There is no such schedule."))
    if verb.fits(row, clock.db_now(conf.database())):
        return row, None
    messages.warning(request, _("%(title)s: there is nothing to do here.") % _words(verb))
    return row, HttpResponseRedirect(schedule_address(row.pk))


def _act_on_all(request: HttpRequest, keys: list[str], *, verb: Verb, said: Any) -> None:
    done, refused = 0, []
    for key in keys:
        try:
            done += bool(verb.act(key, request.user, said))
        except REFUSALS as error:
            refused.append(f"{key}: {error}")
    told = ngettext("%d schedule was changed.", "%d schedules were changed.", done) % done
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, told)
    for why in refused[:SHOWN]:
        messages.error(request, why)
    if len(refused) > SHOWN:
        messages.error(request, _("… and %d more.") % (len(refused) - SHOWN))


def _tell(request: HttpRequest, told: Any, verb: Verb) -> None:
    if told:
        messages.success(request, told)
    else:
        messages.warning(request, _("%(title)s: there was nothing to do.") % _words(verb))


def _words(verb: Verb) -> dict[str, str]:
    return {"title": escape(verb.title)}
