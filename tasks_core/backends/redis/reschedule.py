"""scheduled, ready -> scheduled, ready: change when and where an unclaimed job will run."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core import conf, limits
from tasks_core.backends.redis.server import MICROSECOND, Server, microseconds


def reschedule(
    server: Server,
    ids: Sequence[UUID],
    *,
    now: datetime,
    when: datetime | None = None,
    queue: str | None = None,
    priority: int | None = None,
) -> int:
    """
    Change what is given; return how many jobs were still unclaimed.

    One with a limit that is put off gives its permit back, and waits for it again.
    """
    if not ids:
        return 0
    rate, each = "", 0
    if queue is not None and (key := limits.key_of_queue(queue)):
        rate, each = key, limits.spacing(conf.get("RATE_LIMITS")[queue]) // MICROSECOND
    told = server.once(
        "reschedule",
        "" if when is None else microseconds(when),
        queue or "",
        "" if priority is None else priority,
        rate,
        each,
        *(job_id.hex for job_id in ids),
    )
    return int(told)
