"""
Jobs on their way to another backend, and those that come from one.

Who is on his way is cancelled, with a reason that says where to: no worker can have him, and if
the process that moves him dies, what is kept of him is all that another needs to go on.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.redis.enqueue import enqueue
from tasks_core.backends.redis.questions.rows import rows
from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.moving import Arrival
from tasks_core.models import Job

KEPT = 10 * 366 * 86_400  # seconds: until somebody has gone on, and not for a mere retention


def take_away(server: Server, ids: Sequence[UUID], *, now: datetime, reason: str) -> list[Job]:
    """Take those of the jobs out of reach that nobody has claimed, and return them."""
    if not ids:
        return []
    told = server.once("take_away", reason, KEPT, *(job_id.hex for job_id in ids)).decode()
    return rows(server, [UUID(text) for text in told.split(",") if text])


def on_their_way(server: Server) -> list[Job]:
    """Return the jobs that somebody took away and has not let go, with their keys."""
    members = server.client.smembers(server.key("moving"))
    return rows(server, sorted(UUID(text.decode()) for text in members))


def let_go(server: Server, ids: Sequence[UUID]) -> int:
    """Forget jobs that have arrived elsewhere; return how many."""
    return int(server.run("let_go", *(job_id.hex for job_id in ids))) if ids else 0


def take_in(server: Server, arrivals: Sequence[Arrival]) -> list[UUID]:
    """
    Store jobs that come from elsewhere; return those whose key another job has here.

    One whose id is known is left as it is: whoever brought it did not live to say so.
    """
    earlier = {each.job_id: each for each in arrivals}
    stored = enqueue(server, [each.call for each in arrivals], earlier=earlier)
    pairs = zip(arrivals, stored, strict=True)
    return [each.job_id for each, (snapshot, _) in pairs if snapshot.id != each.job_id]
