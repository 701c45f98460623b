"""The keys of the tests' Redis backend."""

from __future__ import annotations

from typing import cast

from tasks_core import job_backends
from tasks_core.backends.redis import RedisBackend
from tasks_core.backends.redis.server import Server


def server(alias: str = "redis") -> Server:
    return cast("RedisBackend", job_backends[alias]).place


def hang_up(alias: str = "redis") -> None:
    """Close this thread's connections to the server, before the backend is forgotten."""
    where = server(alias)
    where._wire._connection().disconnect()
    where.client.close()


def empty(alias: str = "redis") -> None:
    """Remove every key of this test process, and no other's."""
    where = server(alias)
    for key in where.client.scan_iter(f"{where.name}:*", count=1000):
        where.client.delete(key)
