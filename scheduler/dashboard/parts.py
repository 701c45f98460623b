"""A snapshot as the parts of a page: rendered the same at first sight and when kept fresh."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response

from scheduler.dashboard import Snapshot, etag
from scheduler.dashboard.drawing import drawn
from scheduler.dashboard.spans import span
from tasks_core.states import JobState

NAMES = ("health", "line", "ledger", "jobs")


def context(snapshot: Snapshot) -> dict[str, Any]:
    """Return what the templates of the parts need."""
    return {
        "snapshot": snapshot,
        "lanes": drawn(snapshot),
        "reach": span(snapshot.span.total_seconds()),
        "counts": [(state, snapshot.counts[state.value]) for state in JobState],
    }


def rendered(snapshot: Snapshot, request: HttpRequest) -> dict[str, str]:
    """Return the HTML of each part by its name."""
    # The script slides the lanes by itself; where they stand would make every answer a new one.
    shown = context(snapshot) | {"is_sliding": True}
    return {
        name: render_to_string(f"tasks_scheduler/parts/{name}.html", shown, request)
        for name in NAMES
    }


def answer(request: HttpRequest, parts: Mapping[str, str]) -> HttpResponseBase:
    """Answer what the script ``live.js`` asks for."""
    return conditional(request, json.dumps({"parts": parts}))


def conditional(request: HttpRequest, text: str) -> HttpResponseBase:
    """Answer with this JSON, or with 304 if that is what the asker has."""
    tag = etag(text)
    response = HttpResponse(text, content_type="application/json")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=tag, response=response) or response
