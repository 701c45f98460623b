"""In which sorted sets the jobs of a state stand, and how these are read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from tasks_core.backends.redis.server import Server
from tasks_core.backends.served.questions import Wanted
from tasks_core.states import JobState

PAGE = 500
PLACE = 16  # digits of the time since when a ready job could run, before its id


class Index(NamedTuple):
    """One sorted set of jobs; its members are ids, or places that end with them."""

    key: str
    is_of_places: bool = False


def matching(server: Server, wanted: Wanted, *, most: int | None, newest: bool) -> list[UUID]:
    """
    Return the ids of jobs that are wanted, by age; no more than ``most`` of each index are read.

    What moves meanwhile may be found where it was or where it is, and never twice.
    """
    found: dict[str, None] = {}
    for state in wanted.states or tuple(JobState):
        for read in _readers(server, state, queue=wanted.queue, newest=newest):
            fitting = _fitting(server, read(), wanted)
            found |= dict.fromkeys(islice(fitting, most))
    return [UUID(job_id) for job_id in sorted(found, reverse=newest)[:most]]


def indexes(server: Server, state: JobState, *, queue: str = "") -> list[Index]:
    """Return the sorted sets with the jobs of a state; those that run stand in none."""
    match state:
        case JobState.SCHEDULED:
            return [Index(server.key("scheduled"))]
        case JobState.READY:
            names = [queue] if queue else texts(server.client.smembers(server.key("queues")))
            free = [server.key(kind, name) for name in names for kind in ("ready", "alone")]
            return [*(Index(key, is_of_places=True) for key in free), *parked(server)]
        case JobState.RUNNING:
            return []
        case _:
            return [Index(server.key("ended", state.value))]


def parked(server: Server) -> list[Index]:
    """Return the sorted sets of those that wait for a limit."""
    limits = texts(server.client.smembers(server.key("parked")))
    return [Index(server.key("parked", name), is_of_places=True) for name in limits]


def owned(server: Server) -> Iterator[str]:
    """Yield the ids that processes own: as many as run."""
    processes = texts(server.client.zrange(server.key("processes"), 0, -1))
    for name in processes:
        yield from texts(server.client.smembers(server.key("owned", name)))


def pages(server: Server, index: Index, *, newest: bool = False) -> Iterator[list[str]]:
    """
    Yield the ids of an index page by page.

    The next page begins behind the last member of this one, wherever that stands by now: others
    take from the front, so that a mere number would step over as many as they took.
    """
    client, start = server.client, 0
    read, rank = (client.zrevrange, client.zrevrank) if newest else (client.zrange, client.zrank)
    while members := read(index.key, start, start + PAGE - 1):
        yield [text[PLACE:] if index.is_of_places else text for text in texts(members)]
        place = rank(index.key, members[-1])
        start = start if place is None else place + 1


def texts(found: object) -> list[str]:
    return [each.decode() for each in found]  # type: ignore[attr-defined]


def _readers(
    server: Server, state: JobState, *, queue: str, newest: bool
) -> list[Callable[[], Iterator[list[str]]]]:
    if state == JobState.RUNNING:
        return [lambda: iter([list(owned(server))])]
    return [
        lambda index=index: pages(server, index, newest=newest)  # type: ignore[misc]
        for index in indexes(server, state, queue=queue)
    ]


def _fitting(server: Server, found: Iterator[list[str]], wanted: Wanted) -> Iterator[str]:
    for page in found:
        pipeline = server.client.pipeline(transaction=False)
        for job_id in page:
            pipeline.hmget(server.key("job", job_id), "state", "queue", "task")
        for job_id, told in zip(page, pipeline.execute(), strict=True):
            state, queue, task = (text.decode() if text else "" for text in told)
            is_of = not wanted.states or state in wanted.states
            if state and is_of and wanted.queue in {"", queue} and wanted.task in {"", task}:
                yield job_id
