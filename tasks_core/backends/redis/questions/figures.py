"""How many jobs there are, how fast they end, how long they wait and run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from tasks_core.backends.database.questions.indexed import COUNTED
from tasks_core.backends.database.questions.statistics import (
    SPANS,
    End,
    QueueFigures,
    Statistics,
    tasks,
)
from tasks_core.backends.redis.questions import places
from tasks_core.backends.redis.server import Server, instant, microseconds, moment
from tasks_core.states import FINAL, JobState

S = JobState
ENDED = ("task", "state", "after", "started", "finished")


class Claimable(NamedTuple):
    """The jobs of one queue that nothing but a free worker is missing."""

    queue: str
    number: int
    oldest_at: datetime


def statistics(server: Server, *, now: datetime, last: int) -> Statistics:
    """Ask everything once; ``last`` is from how many ended jobs durations are told."""
    return Statistics(
        now=now,
        states=states(server),
        queues=queues(server),
        ended={name: _ended_since(server, now - span) for name, span in SPANS.items()},
        tasks=tasks(_newest_ends(server, limit=last)),
    )


def states(server: Server) -> dict[str, int]:
    """Return how many jobs are in each state: the server knows without counting."""
    counts = {S.RUNNING: len(list(places.owned(server)))}
    for state in S:
        if state != S.RUNNING:
            keys = [index.key for index in places.indexes(server, state)]
            counts[state] = _cards(server, keys)
    return {state.value: min(COUNTED, counts[state]) for state in S}


def queues(server: Server) -> list[QueueFigures]:
    """Return every queue that has unfinished jobs or is paused, by name."""
    free = {each.queue: each for each in claimable(server)}
    resting = paused(server)
    scheduled = _by_queue(server, places.indexes(server, S.SCHEDULED))
    parked = _by_queue(server, places.parked(server))
    running = _of(server, places.owned(server))
    names = {*free, *resting, *scheduled, *parked, *running}
    return [
        QueueFigures(
            name=name,
            ready=min(COUNTED, free[name].number) if name in free else 0,
            parked=parked[name],
            scheduled=scheduled[name],
            running=running[name],
            oldest_ready_at=free[name].oldest_at if name in free else None,
            paused_at=moment(resting.get(name, {}).get("at")),
            paused_by=resting.get(name, {}).get("by", ""),
            reason=resting.get(name, {}).get("reason", ""),
        )
        for name in sorted(names)
    ]


def claimable(server: Server) -> list[Claimable]:
    """Return the queues with ready jobs that no limit holds back."""
    return [
        Claimable(name.decode(), int(count), instant(oldest))
        for name, count, oldest in server.run("figures")
    ]


def paused(server: Server) -> dict[str, dict[str, Any]]:
    """Return who paused which queue, when and why."""
    found = server.client.hgetall(server.key("paused"))
    return {name.decode(): json.loads(told) for name, told in found.items()}


def _ended_since(server: Server, since: datetime) -> dict[str, int]:
    first = microseconds(since)
    return {
        state.value: min(
            COUNTED, server.client.zcount(server.key("ended", state.value), first, "+inf")
        )
        for state in sorted(FINAL)
    }


def _newest_ends(server: Server, *, limit: int) -> list[End]:
    ids = [
        job_id
        for state in FINAL
        for job_id in places.texts(
            server.client.zrevrange(server.key("ended", state.value), 0, limit - 1)
        )
    ]
    found = []
    for told in _fields(server, ids, *ENDED):
        task, state, after, started, finished = (text.decode() if text else "" for text in told)
        if finished:
            times = (instant(float(after)), moment(started), instant(float(finished)))
            found.append(End(task, state, *times))
    return sorted(found, key=lambda end: end.finished_at, reverse=True)[:limit]


def _cards(server: Server, keys: Iterable[str]) -> int:
    pipeline = server.client.pipeline(transaction=False)
    for key in keys:
        pipeline.zcard(key)
    return sum(pipeline.execute())


def _by_queue(server: Server, found: Iterable[places.Index]) -> Counter[str]:
    ids = chain.from_iterable(page for index in found for page in places.pages(server, index))
    return _of(server, islice(ids, COUNTED))


def _of(server: Server, ids: Iterable[str]) -> Counter[str]:
    told = _fields(server, list(ids), "queue")
    return Counter(queue.decode() for (queue,) in told if queue)


def _fields(server: Server, ids: list[str], *names: str) -> Iterator[list[bytes | None]]:
    for start in range(0, len(ids), places.PAGE):
        pipeline = server.client.pipeline(transaction=False)
        for job_id in ids[start : start + places.PAGE]:
            pipeline.hmget(server.key("job", job_id), *names)
        yield from pipeline.execute()
