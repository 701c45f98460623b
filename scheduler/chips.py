"""Small pieces of HTML for the admin: a state as a dot and a word, a moment near and exact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from scheduler.models import Occurrence
from tasks_core import clock


def became(row: Occurrence, state: str) -> SafeString:
    return chip(state, state, row.get_reason_display() if row.reason else "")


def chip(state: str, text: Any, why: str = "") -> SafeString:
    return format_html('<span class="ts-chip ts-is-{}">{}</span> {}', state, text, why)


def instant(moment: datetime) -> SafeString:
    """Return a moment as people need it: how far, and when exactly."""
    now = clock.now()
    if moment >= now:
        far = _("in %s") % timeuntil(moment, now, depth=1)
    else:
        far = _("%s ago") % timesince(moment, now, depth=1)
    return format_html("{} <small>{}</small>", far, moment.strftime("%Y-%m-%d %H:%M:%S UTC"))
