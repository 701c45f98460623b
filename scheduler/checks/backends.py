"""Checks of the backends that schedules use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from scheduler import declarations
from scheduler.checks.entries import TAG, known
from scheduler.definitions.fit import why_it_cannot_schedule
from tasks_core import job_backends
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.words import listed

DATABASE_BACKEND = 'JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}'


@register(TAG)
def check_backends(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001, E002: where the jobs of schedules would go."""
    used: dict[str, list[str]] = {}
    for key, alias in _used().items():
        used.setdefault(alias, []).append(key)
    return [message for alias, keys in used.items() for message in _backend(alias, keys)]


def _used() -> dict[str, str]:
    """Return the backend's alias by key, also of entries in which something else is wrong."""
    entries = [each for each in declarations.entries() if isinstance(each.options, Mapping)]
    written = {str(each.key): each.options.get("backend", DEFAULT_ALIAS) for each in entries}
    said = {key: alias for key, alias in written.items() if isinstance(alias, str)}
    return said | {declaration.key: declaration.backend for declaration in known()}


def _backend(alias: str, keys: list[str]) -> Iterator[CheckMessage]:
    some = listed(map(repr, keys))
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        if alias not in job_backends:  # else the check of JOBS says so, once for all
            yield Error(f"Schedules {some}: {error}", id="tasks_scheduler.E002")
        return
    except ImproperlyConfigured:
        return  # JOBS is no dict at all, which its check says
    if why := why_it_cannot_schedule(backend):
        yield Error(
            f"SCHEDULE or @periodic declares {some}, but {backend} does not support "
            f"scheduling: {why}.",
            hint=f"Use a backend that keeps jobs: {DATABASE_BACKEND}",
            id="tasks_scheduler.E001",
        )
