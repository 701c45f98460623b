"""Checks that ask the servers themselves: for ``check --database``, and before a migration."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from tasks_core.backends import job_backends
from tasks_core.backends.base import BaseJobBackend
from tasks_core.exceptions import InvalidJobBackend


@register(Tags.database)
def check_isolation(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E007: a role or a server makes transactions stricter, of which DATABASES says nothing."""
    asked = set(databases or ()).intersection(_queue_databases())
    return [message for alias in sorted(asked) for message in _postgresql(alias)]


@register(Tags.database)
def check_other_servers(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask the backends that keep their jobs elsewhere, when any database may be asked."""
    if not databases:
        return []
    return [message for backend in _backends() for message in backend.check_server()]


def _backends() -> Iterator[BaseJobBackend]:
    with suppress(ImproperlyConfigured):  # JOBS is no dict: E001 tells
        for alias in job_backends:
            with suppress(InvalidJobBackend):  # as above
                yield job_backends[alias]


def _queue_databases() -> Iterator[str]:
    for backend in _backends():
        if backend.database is not None and backend.database in connections:
            yield backend.database


def _postgresql(alias: str) -> Iterator[CheckMessage]:
    if connections[alias].vendor != "postgresql":
        return
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        level = cursor.fetchone()[0]
    if level != "read committed":
        yield Error(
            f"The transactions of DATABASES[{alias!r}] are {level.upper()}, as its server, its "
            "database or its role says: claims would fail instead of skipping locked rows, and "
            "more jobs of one key would run at once than its limit allows.",
            hint='Set "OPTIONS": {"isolation_level": IsolationLevel.READ_COMMITTED} of psycopg.',
            id="tasks_core.E007",
        )
