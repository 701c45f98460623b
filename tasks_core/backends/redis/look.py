"""What there may be to do for a worker: all of it asked at once, and nothing changed."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.backends.redis.server import Server, instant, moment
from tasks_core.backends.served.told import Look


def look(server: Server, owner: UUID, *, queues: Sequence[str] | None = None) -> Look:
    """Look on behalf of the process ``owner``, which serves these queues; None means all."""
    served = "" if queues is None else f",{','.join(queues)},"
    now, run_after, expiry, *signs = server.run("look", owner.hex, served)
    dead, cancels, suspects, ready = (sign == b"1" for sign in signs)
    return Look(
        now=instant(now),
        next_run_after=moment(run_after),
        next_expiry=moment(expiry),
        has_dead=dead,
        has_cancels=cancels,
        has_suspects=suspects,
        has_limits=False,  # whoever frees a permit lets the next through in the same script
        has_ready=ready,
    )
