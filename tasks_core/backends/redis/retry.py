"""failed, cancelled -> ready: an operator wants it run after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.redis.server import Server


def retry(server: Server, ids: Sequence[UUID], *, now: datetime) -> int:
    """
    Make the jobs claimable again with all their attempts; return how many were.

    Their errors are kept; a unique key is not, since another job may have it by now. Those with
    a limit wait for it again.
    """
    return int(server.once("retry", *(each.hex for each in ids))) if ids else 0
