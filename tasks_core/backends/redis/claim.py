"""ready -> running: hand the best jobs to one process, and to no other."""

from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.redis.calls import attempts
from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.asked import ClaimOptions


def claim(
    server: Server,
    *,
    owner: UUID,
    limit: int,
    queues: Sequence[str] | None = None,
    **options: Unpack[ClaimOptions],
) -> list[Attempt]:
    """
    Give up to ``limit`` ready jobs to the process ``owner``: highest priority, then oldest.

    ``queues`` None means all. Paused queues are left out, and so are suspects, whose process
    died while they ran, unless one is asked for to run ``alone``. Who ``waits`` is handed what
    comes later, up to ``limit``, through its inbox.
    """
    ids = options.get("ids")
    if ids is not None:
        return attempts(
            server.once("claim_ids", owner.hex, limit, *(each.hex for each in ids)), owner
        )
    short = options.get("short") or ()
    reply = server.once(
        "claim",
        owner.hex,
        limit,
        options.get("ahead", 0) if short else 0,
        int(options.get("alone", False)),
        int(options.get("waits", False)),
        "" if queues is None else ",".join(queues),
        *short,
    )
    return attempts(reply, owner)
