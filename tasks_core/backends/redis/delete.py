"""successful, failed, cancelled, scheduled, ready -> nothing: remove single jobs."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.backends.redis.server import Server


def delete(server: Server, ids: Sequence[UUID]) -> int:
    """Remove the jobs, except those that are running, and return how many."""
    return int(server.once("delete", *(each.hex for each in ids))) if ids else 0
