"""What operators ask, answered from the server's sorted sets."""

from uuid import UUID

from tasks_core.backends.redis.questions.diagnosis import examine
from tasks_core.backends.redis.questions.figures import queues, statistics
from tasks_core.backends.redis.questions.places import matching
from tasks_core.backends.redis.questions.rows import rows
from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.questions import Wanted
from tasks_core.models import Job

__all__ = ["examine", "find", "ids", "queues", "rows", "statistics"]


def find(server: Server, wanted: Wanted, *, limit: int) -> list[Job]:
    return rows(server, matching(server, wanted, most=limit, newest=True))


def ids(server: Server, wanted: Wanted, *, limit: int | None = None) -> list[UUID]:
    return matching(server, wanted, most=limit, newest=False)
