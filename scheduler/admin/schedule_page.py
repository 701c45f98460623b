"""What the page of one schedule says: its fields, its state, its past and what is next."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduler import conf, listing
from scheduler.admin import previews
from scheduler.admin.chips import became, instant
from scheduler.admin.forms.kinds import WHEN
from scheduler.admin.forms.schedule import ScheduleForm
from scheduler.admin.rows import job_link, moment, schedule_address
from scheduler.admin.verbs import VERBS
from scheduler.admin.verbs.override import OVERRIDE, compared
from scheduler.dashboard.ledger import states_of
from scheduler.models import Occurrence, OperatorAction, Schedule
from scheduler.operations.maintenance import current_maintenance
from tasks_core import clock

COMING = 10
HISTORY = 20

# A schedule that people describe here.
EDITED: Any = (
    (_("What runs"), {"fields": ("key", "task", "args", "kwargs")}),
    (_("When"), {"fields": WHEN, "classes": ["ts-when"]}),
    (
        _("When it was late, or is still busy"),
        {
            "fields": (
                "catch_up",
                ("catch_up_limit", "catch_up_window"),
                ("overlap", "overlap_timeout"),
            )
        },
    ),
    (_("Days that are excluded"), {"fields": (("calendar", "calendar_action"),)}),
    (
        _("Begin, end, and spread"),
        {"fields": (("start_at", "end_at"), ("max_runs", "splay")), "classes": ["collapse"]},
    ),
    (
        _("Where its jobs go"),
        {
            "fields": (("queue", "new_queue"), "backend", ("priority", "max_attempts")),
            "classes": ["collapse"],
        },
    ),
    (None, {"fields": ("must_succeed_within", "enabled", "reason")}),
)
# One that is declared in code, or that the user may only look at.
SHOWN: Any = (
    (_("What runs"), {"fields": ("task", "args", "kwargs", "args_from", "kwargs_from")}),
    (_("Where its jobs go"), {"fields": ("queue", "backend", "priority", "max_attempts")}),
    (
        _("Policies"),
        {
            "fields": (
                *(("catch_up", "catch_up_limit", "catch_up_window"), "overlap"),
                *("overlap_timeout", "splay", ("start_at", "end_at"), "max_runs"),
                *(("calendar", "calendar_action"), "enabled_if", "must_succeed_within"),
            )
        },
    ),
    (
        _("Record"),
        {
            "fields": ("source", "trigger", "timezone", "release", "watermark", "known_since"),
            "classes": ["collapse"],
        },
    ),
)
FIELDS_SHOWN = ("calendar", "max_runs", "enabled_if", "must_succeed_within", "max_attempts")
OPTIONAL = {"args_from", "kwargs_from", "start_at", "end_at", *FIELDS_SHOWN}


def shown(row: Schedule) -> list[Any]:
    """Return the fieldsets of a page to read, without what the schedule does not have."""
    found = []
    for title, about in SHOWN:
        kept = (_present(row, each) for each in about["fields"])
        found.append((title, {**about, "fields": tuple(each for each in kept if each)}))
    return found


def _present(row: Schedule, each: Any) -> Any:
    names = (each,) if isinstance(each, str) else each
    kept = tuple(n for n in names if n not in OPTIONAL or getattr(row, n) not in (None, ""))
    if "calendar_action" in kept and not row.calendar:
        kept = ()
    return kept[0] if len(kept) == 1 else kept


def context(row: Schedule | None, *, form: Any, may_operate: bool) -> dict[str, Any]:
    """Return what stands around the fields: the preview, the state, the past."""
    is_edited = isinstance(form, ScheduleForm)
    found: dict[str, Any] = {"maintenance": current_maintenance()}
    if is_edited:
        found["preview"] = previews.of_form(form)
        found["preview_url"] = (
            schedule_address(row.pk, "change_preview")
            if row
            else reverse("admin:tasks_scheduler_schedule_add_preview")
        )
    if row is None:
        return found
    now = clock.db_now(conf.database())
    verbs = [*VERBS.values(), OVERRIDE] if may_operate else []
    return {
        **found,
        "row": row,
        "verbs": [
            (verb.title, schedule_address(row.pk, verb.name))
            for verb in verbs
            if verb.fits(row, now)
        ],
        "state": listing.state(row, now=now),
        "next": moment(row.next_due_at),
        "is_paused": row.is_paused_at(now),
        "coming": None if is_edited else previews.of_row(row, now=now, number=COMING),
        "overridden": compared(row),
        "ledger": ledger(row),
        "acts": acts(row),
    }


def ledger(row: Schedule) -> SafeString:
    """Return the newest lines of the schedule's ledger."""
    newest = Occurrence.objects.using(conf.database()).filter(schedule_key=row.key)
    rows = list(newest.order_by("-due_at")[:HISTORY])
    states = states_of(rows)
    return format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                instant(each.due_at),
                became(each, states[each.pk]),
                "" if each.count == 1 else f"\u00d7 {each.count or _('many')}",
                job_link(each.job_id, _("job")) if each.job_id else "",
            )
            for each in rows
        ),
    )


def acts(row: Schedule) -> list[OperatorAction]:
    """Return what was done to the schedule last."""
    noted = OperatorAction.objects.using(conf.database()).filter(schedule_key=row.key)
    return list(noted.order_by("-at", "-pk")[:HISTORY])
