"""Small pieces of HTML for the admin: a state as a dot and a word, a moment near and exact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from scheduler.dashboard.spans import span
from scheduler.models import Occurrence
from tasks_core import clock


def became(row: Occurrence, state: str) -> SafeString:
    return chip(state, state, row.get_reason_display() if row.reason else "")


def chip(state: str, text: Any, why: str = "") -> SafeString:
    return format_html('<span class="ts-chip ts-is-{}">{}</span> {}', state, text, why)


def instant(moment: datetime, *, exactly: bool = True) -> SafeString:
    """Return a moment as people need it: how far, and when exactly, at least for who asks."""
    now = clock.now()
    far = span(abs((moment - now).total_seconds()))
    near = _("in %s") % far if moment >= now else _("%s ago") % far
    exact = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    if not exactly:
        return format_html('<span class="ts-nowrap" title="{}">{}</span>', exact, near)
    return format_html('<span class="ts-nowrap">{} <small>{}</small></span>', near, exact)
