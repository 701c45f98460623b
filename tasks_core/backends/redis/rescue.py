"""running -> ready, failed: the owner's lease has ended; take its jobs back."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from tasks_core.backends.redis.ends import ends_of
from tasks_core.backends.redis.prune import seconds_kept
from tasks_core.backends.redis.release import Key, as_text
from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.told import Rescued
from tasks_core.states import JobState

KEPT = (JobState.FAILED, JobState.CANCELLED)


def rescue(server: Server, *, now: datetime, rescuer: UUID | None = None) -> list[Rescued]:
    """
    Take back the jobs of processes whose lease has ended, by the server's own clock.

    Whether a job had begun is unknown, so its attempt counts: it is claimable again, alone in
    a process, while it has attempts left, and otherwise failed as "lost". The caller must itself
    have had a full lease of unbroken contact. Up to ten processes at a time.
    """
    kept = map(seconds_kept, KEPT)
    reply = server.once("rescue", rescuer.hex if rescuer else "", *kept)
    return _rescued(reply, now=now)


def bury(
    server: Server,
    process_id: UUID,
    *,
    now: datetime,
    started: Collection[Key],
    reasons: Mapping[Key, str] = MappingProxyType({}),
) -> list[Rescued]:
    """
    Take back at once what a process left that somebody has seen dead; nobody waits for a lease.

    ``started`` are the jobs, with their fences, whose user code had begun: they count as in
    ``rescue``, with the reason in ``reasons`` instead of "lost" if they fail. All others go
    back as if they had never been claimed.
    """
    kept = map(seconds_kept, KEPT)
    begun = json.dumps({as_text(key): reasons.get(key, "") for key in started})
    return _rescued(server.once("bury", process_id.hex, *kept, begun), now=now)


def has_orphans(server: Server, queues: Sequence[str] | None = None) -> bool:
    """Say whether some job, of these queues, is owned by a process whose lease has ended."""
    return bool(server.run("has_orphans", "" if queues is None else f",{','.join(queues)},"))


def _rescued(reply: bytes, *, now: datetime) -> list[Rescued]:
    found = json.loads(reply)
    return [
        Rescued(name, count, ends_of(ends, now=now))
        for _, name, count, ends in found
        if name or count
    ]
