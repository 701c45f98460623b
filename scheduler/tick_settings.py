"""What SCHEDULER["TICK_…"] may say about ticks by URL and by requests."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

IN_PROCESS, FIRE_AND_FORGET = "in-process", "fire-and-forget"
SHORTEST_SECRET = 32  # characters

Secrets = tuple[str, ...]  # the first signs, all are accepted


def secrets(value: Any) -> Secrets | None:
    """Return the secrets; an empty one is none. The message never shows what was given."""
    if not value:
        return None
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(map(_is_secret, texts)):
        raise ImproperlyConfigured(
            f"SCHEDULER['TICK_SECRET'] is a text of at least {SHORTEST_SECRET} characters, or a "
            "list of such texts, of which the first signs: secrets.token_urlsafe(32) makes one."
        )
    return tuple(texts)


def address(value: Any) -> str | None:
    """Return the URL at which the site takes ticks."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _is_address(value):
        raise ImproperlyConfigured(
            "SCHEDULER['TICK_URL'] is the full address at which the site takes ticks, such as "
            f"'https://example.org/tick/', not {value!r:.80}."
        )
    return value


def requests(value: Any) -> str | None:
    """Return what the middleware does when something is due."""
    if value not in (IN_PROCESS, FIRE_AND_FORGET, None):
        raise ImproperlyConfigured(
            f"SCHEDULER['TICK_REQUESTS'] is {IN_PROCESS!r}, {FIRE_AND_FORGET!r} or None, "
            f"not {value!r:.80}."
        )
    return None if value is None else str(value)


def jobs(value: Any) -> float | bool:
    """Return for how long ready jobs are run as well: as long as the budget lasts, or seconds."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, (int, float)) or not isfinite(value) or value <= 0:
        raise ImproperlyConfigured(
            "SCHEDULER['TICK_JOBS'] is True, False or a number of seconds above 0, "
            f"not {value!r:.80}."
        )
    return float(value)


READERS: dict[str, Callable[[Any], Any]] = {
    "TICK_SECRET": secrets,
    "TICK_URL": address,
    "TICK_REQUESTS": requests,
    "TICK_JOBS": jobs,
}


def _is_secret(text: Any) -> bool:
    return isinstance(text, str) and len(text) >= SHORTEST_SECRET


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url  # as a request line must be
    return known and is_plain and parts.username is None and not parts.fragment
