"""What the texts of TASKS_CORE may say: those that name something, and rates."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import connections

from tasks_core import limits
from tasks_core.exceptions import InvalidCall


def _is_rate(value: Any) -> bool:
    try:
        return value == "" or limits.spacing(value) is not None
    except InvalidCall:
        return False


def _is_database(value: Any) -> bool:
    return value in connections


def _is_cache(value: Any) -> bool:
    return value in settings.CACHES


TEXTS: Mapping[str, Callable[[Any], bool]] = {
    "OUTBOX_DATABASE": _is_database,
    "HTTP_RATE": _is_rate,
    "HTTP_STRANGERS_RATE": _is_rate,
    "HTTP_CACHE": _is_cache,
}


def wanted(name: str) -> str:
    """Return in words what this text must be."""
    if TEXTS[name] is _is_database:
        return f"an alias of DATABASES ({', '.join(sorted(connections))})"
    if TEXTS[name] is _is_cache:
        return f"an alias of CACHES ({', '.join(sorted(settings.CACHES))})"
    return 'a number of requests in s, m, h or d such as "600/m", or empty'
