"""The dashboard: a page, its parts for the script that keeps it fresh, and its data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from scheduler import dashboard
from scheduler.dashboard import parts

VIEW = "tasks_scheduler.view_schedule"
SPANS = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1), "1d": timedelta(days=1)}
USUAL = "1h"
EVERY = {"5m": 2_000, "1h": 2_000, "1d": 10_000}  # milliseconds between two looks

View = Callable[[HttpRequest], HttpResponseBase]


def for_viewers(view: View) -> View:
    """Admit staff with the permission to view schedules; send strangers to log in."""

    @wraps(view)
    def admitted(request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), login_url())
        if not (request.user.is_staff and request.user.has_perm(VIEW)):
            raise PermissionDenied(_("You may not view schedules."))
        return view(request)

    return admitted


@for_viewers
def index(request: HttpRequest) -> HttpResponse:
    snapshot = dashboard.snapshot(span=span_of(request))
    spans = {"5m": _("5 minutes"), "1h": _("1 hour"), "1d": _("1 day")}
    shown = {"spans": spans.items(), "chosen": chosen(request), "every": EVERY[chosen(request)]}
    return render(request, "tasks_scheduler/dashboard.html", parts.context(snapshot) | shown)


@for_viewers
def live(request: HttpRequest) -> HttpResponseBase:
    """Answer with the parts of the page as HTML, or with 304 when none has changed."""
    return parts.answer(request, parts.rendered(dashboard.snapshot(span=span_of(request)), request))


@for_viewers
def data(request: HttpRequest) -> HttpResponseBase:
    """Answer with the snapshot as JSON, for a monitor or a page of one's own."""
    return parts.conditional(request, dashboard.snapshot(span=span_of(request)).as_json())


def chosen(request: HttpRequest) -> str:
    asked = request.GET.get("span", USUAL)
    return asked if asked in SPANS else USUAL


def span_of(request: HttpRequest) -> timedelta:
    return SPANS[chosen(request)]


def login_url() -> str:
    """Return the admin's log-in, where staff log in, or the site's."""
    try:
        return reverse("admin:login")
    except NoReverseMatch:
        return str(settings.LOGIN_URL)
