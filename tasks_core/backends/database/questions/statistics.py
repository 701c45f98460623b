"""
How many jobs there are, how fast they end, how long they wait and run.

Every question is answered from an index and bounded: counts stop at ``COUNTED``, durations are
those of the jobs that ended last. So a look costs the same with a million jobs as with none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from tasks_core.backends.database.questions import indexed
from tasks_core.models import JobQuerySet, Queue
from tasks_core.states import FINAL, JobState

SPANS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
LAST = 1_000  # ended jobs, from which durations are told


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """The unfinished jobs of one queue; ``parked`` ones wait for a limit."""

    name: str
    ready: int
    parked: int
    scheduled: int
    running: int
    oldest_ready_at: datetime | None
    paused_at: datetime | None
    paused_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFigures:
    """The last jobs of one task. Seconds; None for a task of which nothing has run."""

    task: str
    ended: int
    failed: int
    mean_seconds: float | None
    p95_seconds: float | None
    mean_wait: float | None
    p95_wait: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """``ended``: for each span, how many jobs reached each final state in it."""

    now: datetime
    states: dict[str, int]
    queues: list[QueueFigures]
    ended: dict[str, dict[str, int]]
    tasks: list[TaskFigures]


class End(NamedTuple):
    """What is read of an ended job."""

    task: str
    state: str
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime


def look(alias: str, *, now: datetime, last: int = LAST) -> Statistics:
    """Ask everything once; ``last`` is from how many ended jobs durations are told."""
    return Statistics(
        now=now,
        states={state.value: indexed.count_of_state(alias, state) for state in JobState},
        queues=queues(alias),
        ended={name: ended_since(alias, now - span) for name, span in SPANS.items()},
        tasks=tasks(newest_ends(alias, limit=last)),
    )


def queues(alias: str) -> list[QueueFigures]:
    """Return every queue that has unfinished jobs or is paused, by name."""
    scheduled = Counter(_queues(indexed.deferred(alias)))
    running = Counter(_queues(indexed.running(alias)))
    parked = Counter(_queues(*indexed.parked(alias)))
    paused = {row.name: row for row in indexed.paused(alias)}
    claimable = indexed.claimable(alias)
    names = {*indexed.some_queues_of(claimable), *scheduled, *running, *parked, *paused}
    return [
        _figures(
            paused.get(name, Queue(name=name)),
            claimable.filter(queue=name),
            parked=parked[name],
            scheduled=scheduled[name],
            running=running[name],
        )
        for name in sorted(names)
    ]


def ended_since(alias: str, moment: datetime) -> dict[str, int]:
    """Return how many jobs reached each final state since ``moment``."""
    return {
        state.value: indexed.counted(indexed.ended(alias, state).filter(finished_at__gte=moment))
        for state in sorted(FINAL)
    }


def newest_ends(alias: str, *, limit: int) -> list[End]:
    """Return the jobs that ended last, the newest first."""
    found: list[End] = []
    for state in FINAL:
        newest = indexed.ended(alias, state)[:limit]
        found += [End(*row) for row in newest.values_list(*End._fields)]
    return sorted(found, key=lambda end: end.finished_at, reverse=True)[:limit]


def tasks(ends: Iterable[End]) -> list[TaskFigures]:
    """Return what the ended jobs say about their tasks, the most frequent first."""
    by_task: dict[str, list[End]] = defaultdict(list)
    for end in ends:
        by_task[end.task].append(end)
    figures = [_of_task(task, of_task) for task, of_task in by_task.items()]
    return sorted(figures, key=lambda task: (-task.ended, task.task))


def percentile(values: list[float], share: float) -> float | None:
    """Return the smallest value that ``share`` of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


def _queues(*parts: JobQuerySet) -> Iterator[str]:
    for part in parts:
        yield from part.values_list("queue", flat=True)[: indexed.COUNTED]


def _figures(queue: Queue, claimable: JobQuerySet, **counts: int) -> QueueFigures:
    return QueueFigures(
        name=queue.name,
        ready=indexed.counted(claimable),
        oldest_ready_at=indexed.oldest_at(claimable),
        paused_at=queue.paused_at,
        paused_by=queue.paused_by,
        reason=queue.reason,
        **counts,
    )


def _of_task(task: str, ends: list[End]) -> TaskFigures:
    ran = [(end, end.started_at) for end in ends if end.started_at is not None]
    seconds = [(end.finished_at - started).total_seconds() for end, started in ran]
    waits = [max(0.0, (started - end.run_after).total_seconds()) for end, started in ran]
    return TaskFigures(
        task=task,
        ended=len(ends),
        failed=sum(end.state == JobState.FAILED for end in ends),
        mean_seconds=_mean(seconds),
        p95_seconds=percentile(seconds, 0.95),
        mean_wait=_mean(waits),
        p95_wait=percentile(waits, 0.95),
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
