"""The first page: what is new, and the machinery that made it so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from contact.models import Message
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from pictures.models import Picture
from publishing.models import Article

from scheduler import dashboard
from scheduler.dashboard import Snapshot, parts

SPAN = timedelta(minutes=2)


def home(request: HttpRequest) -> HttpResponse:
    snapshot = dashboard.snapshot(span=SPAN, rows=10)
    return render(request, "frontpage/home.html", parts.context(snapshot) | news())


def live(request: HttpRequest) -> HttpResponseBase:
    """Answer with the parts that keep the first page fresh, or with 304."""
    return parts.answer(request, everything(request, dashboard.snapshot(span=SPAN, rows=10)))


def everything(request: HttpRequest, snapshot: Snapshot) -> dict[str, str]:
    """Return the dashboard's parts and the site's own."""
    shown = news()
    own = {
        name: render_to_string(f"frontpage/{name}.html", shown, request)
        for name in ("articles", "pictures", "mail")
    }
    return parts.rendered(snapshot, request) | own


def news() -> dict[str, Any]:
    waiting = list(Article.objects.embargoed()[:4])
    return {
        "next_out": waiting[0] if waiting else None,
        "later": waiting[1:],
        "newest": Article.objects.published()[:4],
        "pictures": Picture.objects.prefetch_related("renditions")[:6],
        "mail": Message.objects.all()[:3],
    }
