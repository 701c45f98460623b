"""Checks of ticks by URL and by requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from scheduler import conf
from scheduler.checks.entries import TAG
from scheduler.tick_settings import FIRE_AND_FORGET

MIDDLEWARE = {"scheduler.ticks.TickMiddleware", "scheduler.ticks.middleware.TickMiddleware"}
MOUNT = 'path("tick/", include("scheduler.ticks.urls"))'


@register(TAG)
def check_ticks(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E013, E014, W013, W014: secrets, addresses, and where the middleware stands."""
    if conf.problems():
        return []
    tuning = conf.tuning()
    return [*_secret(tuning), *_middleware(tuning), *_address(tuning)]


def _secret(tuning: conf.Tuning) -> Iterator[CheckMessage]:
    if tuning.tick_secret is None:
        return
    others = {settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", ())}
    if others.intersection(tuning.tick_secret):
        yield Error(
            "SCHEDULER['TICK_SECRET'] is the site's SECRET_KEY: whoever may tick could also sign "
            "sessions and password resets.",
            hint="Make another: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            id="tasks_scheduler.E013",
        )


def _middleware(tuning: conf.Tuning) -> Iterator[CheckMessage]:
    places = [n for n, path in enumerate(settings.MIDDLEWARE) if path in MIDDLEWARE]
    if not places:
        return
    if tuning.tick_requests == FIRE_AND_FORGET and not (tuning.tick_secret and tuning.tick_url):
        yield Error(
            "SCHEDULER['TICK_REQUESTS'] is 'fire-and-forget', but TICK_SECRET or TICK_URL is not "
            "set: TickMiddleware would have nothing to sign with, or nowhere to send it.",
            hint="Set both, or let it be 'in-process'.",
            id="tasks_scheduler.E014",
        )
    if places[0] > 0:
        yield checks.Warning(
            "scheduler.ticks.TickMiddleware is not the first of MIDDLEWARE: what stands before "
            "it may answer in its place, and then no tick follows.",
            hint="Put it first; a request that finds nothing due costs it a microsecond.",
            id="tasks_scheduler.W013",
        )


def _address(tuning: conf.Tuning) -> Iterator[CheckMessage]:
    if tuning.tick_secret is None or not getattr(settings, "ROOT_URLCONF", None):
        return
    if tuning.tick_url is None:
        found = _is_mounted(get_resolver().url_patterns)
        where = "no URL of the site"
    else:
        found = _leads_to_tick(urlsplit(tuning.tick_url).path)
        where = f"no URL that fits TICK_URL, {tuning.tick_url!r:.80},"
    if not found:
        yield checks.Warning(
            f"SCHEDULER['TICK_SECRET'] is set, but {where} takes ticks.",
            hint=f"Add {MOUNT} to the URLconf.",
            id="tasks_scheduler.W014",
        )


def _is_mounted(patterns: Iterable[URLPattern | URLResolver]) -> bool:
    return any(
        _is_mounted(each.url_patterns) if isinstance(each, URLResolver) else _is_tick(each.callback)
        for each in patterns
    )


def _leads_to_tick(path: str) -> bool:
    try:
        return _is_tick(resolve(path))
    except Resolver404:
        return False


def _is_tick(view: Any) -> bool:
    from scheduler.ticks.view import tick

    return getattr(view, "func", view) is tick
