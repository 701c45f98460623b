"""What a trigger comes to: the next due times, with what clocks and calendars do to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scheduler import conf
from scheduler.admin.forms import choices, entry
from scheduler.admin.forms.choices import KnownTask
from scheduler.admin.forms.entry import Shape
from scheduler.admin.forms.fields import in_words
from scheduler.calendars import calendar
from scheduler.choices import CalendarAction
from scheduler.due import zones
from scheduler.due.dst import dst_note
from scheduler.due.gates import MICROSECOND
from scheduler.due.questions import first_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.triggers import Cron, Trigger, described, due_times, zone_of
from scheduler.turn.rebuild import shaped, stated_trigger_of
from tasks_core import clock
from tasks_core.presentation import ago

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A due time as people need it."""

    local: str
    utc: str
    relative: str
    note: str


@dataclass(slots=True, kw_only=True)
class Preview:
    words: str = ""
    zone: str = ""
    due: list[Due] = field(default_factory=list)
    trouble: str = ""
    task: KnownTask | None = None
    warnings: list[str] = field(default_factory=list)


@method_decorator(require_POST)  # as arguments in an address would be in logs
def for_schedule(admin: Any, request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Answer what would come of a schedule of the database, new or changed, if it were saved."""
    row = admin.get_object(request, unquote(object_id)) if object_id else None
    if object_id and row is None:
        raise Http404
    may = admin.has_change_permission(request, row) if row else admin.has_add_permission(request)
    if not may:
        raise PermissionDenied
    if row is None:
        return live(request, admin.get_form(request)(request.POST))
    return live(request, admin.get_form(request, row, change=True)(request.POST, instance=row))


def live(request: HttpRequest, form: Any) -> JsonResponse:
    """Answer the script that asks while somebody types: the errors of a save, and a preview."""
    form.is_valid()
    html = render_to_string("tasks_scheduler/admin/preview.html", {"preview": of_form(form)})
    answer = JsonResponse({"errors": form.errors.get_json_data(), "html": html})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def of_form(form: Any) -> Preview | None:
    """Return the preview of what was filled in; None of a schedule that nobody described yet."""
    now = clock.db_now(conf.database())
    if not form.is_bound:
        return of_row(form.instance, now=now) if form.instance.trigger else None
    said = form.cleaned_data
    shape = form.instance if form.shape_is_kept else Shape.of(said)
    found = _of(form.trigger, shape, after=now, now=now) if form.trigger else Preview()
    if said.get("task"):
        found.task = choices.known_task(said["task"])
        queue = entry.queue_of(said, form.known_task)
        if not choices.is_served(queue):
            found.warnings.append(_("No live worker serves the queue “%s”.") % queue)
    return found


def of_row(row: Schedule, *, now: datetime, number: int = SHOWN) -> Preview:
    """Return what comes of a stored schedule."""
    try:
        trigger = stated_trigger_of(row)
    except SchedulerError as error:
        return Preview(trouble=str(error))
    found = _of(trigger, row, after=row.watermark, now=now, number=number)
    found.task = choices.known_task(row.task)
    return found


def _of(
    trigger: Trigger, shape: Any, *, after: datetime, now: datetime, number: int = SHOWN
) -> Preview:
    zone = zone_of(trigger) or zones.default_zone()
    found = Preview(words=described(trigger), zone=zone.key)
    try:
        whole = shaped(trigger, shape)
        for due_at in islice(due_times(whole, after), number):
            notes = [_clocks(trigger, due_at), *_calendars(trigger, shape, due_at)]
            found.due.append(
                Due(
                    local=f"{due_at.astimezone(zone):%a %Y-%m-%d %H:%M:%S}",
                    utc=f"{due_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                    relative=ago(due_at, now),
                    note="; ".join(filter(None, notes)),
                )
            )
    except SchedulerError as error:
        found.trouble = str(error)
    if shape.splay > timedelta(0):
        told = _("Each job starts up to %s later, always as much.")
        found.warnings.append(told % in_words(shape.splay))
    return found


def _clocks(trigger: Trigger, due_at: datetime) -> str:
    expression = trigger.expression if isinstance(trigger, Cron) else None
    return dst_note(due_at, zone_of(trigger) or zones.default_zone(), expression=expression)


def _calendars(trigger: Trigger, shape: Any, due_at: datetime) -> list[str]:
    if not shape.calendar_rules:
        return []
    if shape.calendar_action == CalendarAction.SKIP:
        excluded = calendar(json.loads(shape.calendar_rules)).excludes(due_at)
        return [_("skipped: %s excludes it") % shape.calendar] if excluded else []
    is_moved = first_due(trigger, due_at - MICROSECOND) != due_at
    return [_("moved here by %s") % shape.calendar] if is_moved else []
