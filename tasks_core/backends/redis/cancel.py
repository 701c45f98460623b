"""scheduled, ready -> cancelled: never run it; and ask those that run to stop."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.redis.ends import ends_of
from tasks_core.backends.redis.prune import seconds_kept
from tasks_core.backends.redis.release import Key, as_key
from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.told import Cancelled
from tasks_core.signals import JobEnd
from tasks_core.states import JobState

REASON = "cancelled"


def cancel(
    server: Server, ids: Sequence[UUID], *, now: datetime, reason: str = REASON
) -> Cancelled:
    """
    Cancel those of the jobs that have not been claimed, and ask the processes of those that run.

    A job that is asked twice is returned once.
    """
    if not ids:
        return Cancelled([], [])
    reply = server.once("cancel", reason, _kept(), *(each.hex for each in dict.fromkeys(ids)))
    ends, asked = json.loads(reply)
    return Cancelled(ends_of(ends, now=now), sorted(map(UUID, asked)))


def expire(server: Server, *, now: datetime) -> list[JobEnd]:
    """Cancel up to 500 jobs whose ``expires_at`` has passed, and return them."""
    return ends_of(json.loads(server.once("expire", _kept())), now=now)


def cancel_requested(
    server: Server, *, now: datetime, ids: Collection[UUID] | None = None
) -> list[JobEnd]:
    """
    Cancel jobs that came back from a run although they had been asked to stop; return them.

    ``ids`` are those that have just come back. Those that a rescue brought back it has cancelled
    itself, so that there is nothing to look for without.
    """
    if not ids:
        return []
    reply = server.once("cancel_requested", _kept(), *(each.hex for each in ids))
    return ends_of(json.loads(reply), now=now)


def cancel_requests(server: Server, owner: UUID) -> list[Key]:
    """Return the jobs, with their fences, that the process ``owner`` runs and shall stop."""
    told = server.run("cancel_requests", owner.hex).decode()
    return [as_key(text) for text in told.split(",") if text]


def _kept() -> int:
    return seconds_kept(JobState.CANCELLED)
