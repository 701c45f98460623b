"""What is wrong with a queue: each thing looked at becomes one finding, good or bad."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tasks_core import clock
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.questions import indexed, stuck
from tasks_core.backends.database.questions.findings import (
    Finding,
    Level,
    counted,
    good,
    listed,
    rounded,
)
from tasks_core.backends.database.questions.statistics import QueueFigures
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.models import Process, Queue

MAX_WAIT = timedelta(minutes=5)
COMMAND = re.compile(r"manage\.py run_worker|\bjobs (?:show|cancel|resume)")
SKEW_NOTED = timedelta(seconds=1)
SKEW_WRONG = timedelta(seconds=5)


def examine(
    alias: str, *, max_wait: timedelta = MAX_WAIT, backend: str = DEFAULT_ALIAS
) -> list[Finding]:
    """
    Look at everything once. A queue is healthy if no finding is a failure.

    ``alias`` is of the database; ``backend`` is what the commands advised would call it.
    """
    now = clock.db_now(alias)
    found = [
        clocks(skew(alias)),
        workers(alias, now=now),
        stuck.dead_processes(alias),
        stuck.orphans(alias),
        stuck.held_back(alias, now=now),
        waiting(alias, now=now, max_wait=max_wait),
        stuck.suspects(alias),
        *stuck.unfinished_move(stuck.on_their_way(alias)),
        *pauses(alias),
    ]
    return advised(found, backend=backend)


def advised(found: Iterable[Finding], *, backend: str) -> list[Finding]:
    """Return the findings with the commands that they advise as said of this backend."""
    return [replace(each, advice=_advice(each.advice, backend)) for each in found]


def _advice(text: str, backend: str) -> str:
    """Return the commands in ``text`` as they are said of this backend."""
    return text if backend == DEFAULT_ALIAS else COMMAND.sub(rf"\g<0> --backend {backend}", text)


def skew(alias: str) -> timedelta:
    """Return how far this machine's clock is ahead of the database's."""
    before = clock.now()
    theirs = clock.db_now(alias)
    return before + (clock.now() - before) / 2 - theirs


def clocks(skew: timedelta, *, of: str = "the database") -> Finding:
    if abs(skew) <= SKEW_NOTED:
        return good("clocks", f"This machine and {of} agree about the time.")
    side = "ahead of" if skew > timedelta(0) else "behind"
    return Finding(
        about="clocks",
        level=Level.FAILURE if abs(skew) > SKEW_WRONG else Level.WARNING,
        text=f"This machine's clock is {abs(skew).total_seconds():.1f} s {side} {of}'s.",
        advice="Let both machines follow a time server.",
    )


def workers(alias: str, *, now: datetime) -> Finding:
    """Find queues whose jobs are due although no living worker serves them."""
    alive = list(running(Process.objects.using(alias).filter(kind="worker")))
    return serving([process.queues for process in alive], lambda: due_queues(alias, now=now))


def serving(alive: Sequence[Sequence[str]], due: Callable[[], Iterable[str]]) -> Finding:
    """Compare the queues of living workers, where none named means all, with those of due jobs."""
    served = {queue for queues in alive for queue in queues}
    serves_all = any(not queues for queues in alive)
    unserved = [] if serves_all else [queue for queue in due() if queue not in served]
    if unserved:
        return Finding(
            about="workers",
            level=Level.FAILURE,
            text=f"Jobs are due and no living worker serves their queue: {listed(unserved)}.",
            advice="manage.py run_worker",
            named=unserved,
        )
    if not alive:
        text = "No worker lives, and no job is due."
        return Finding(about="workers", level=Level.NOTE, text=text)
    return good("workers", f"{counted(len(alive), 'worker lives', 'workers live')}.")


def due_queues(alias: str, *, now: datetime) -> list[str]:
    """Return the queues with due jobs, without those that are paused."""
    late = indexed.deferred(alias).filter(run_after__lte=now)
    undispatched = set(late.values_list("queue", flat=True)[: indexed.COUNTED])
    paused = {row.name for row in indexed.paused(alias)}
    return sorted({*indexed.some_queues_of(indexed.claimable(alias)), *undispatched} - paused)


def waiting(alias: str, *, now: datetime, max_wait: timedelta) -> Finding:
    """Find the oldest job that could run, in a queue that is not paused."""
    return waited(now - (indexed.oldest_waiting_at(alias, now=now) or now), max_wait=max_wait)


def waited(longest: timedelta, *, max_wait: timedelta) -> Finding:
    if longest <= max_wait:
        return good("waiting", f"No ready job has waited for more than {rounded(max_wait)}.")
    return Finding(
        about="waiting",
        level=Level.FAILURE,
        text=f"The oldest ready job has waited for {rounded(longest)}.",
        advice="More workers, or more concurrency: manage.py run_worker",
    )


def pauses(alias: str) -> Iterator[Finding]:
    """Find paused queues in which jobs wait: somebody wanted it so, and may have forgotten."""
    for queue in indexed.paused(alias):
        count = indexed.counted(indexed.claimable(alias).filter(queue=queue.name))
        if not count:
            continue
        yield pause(queue, count)


def pause(queue: Queue | QueueFigures, count: int) -> Finding:
    by = f" by {queue.paused_by}" if queue.paused_by else ""
    why = f" ({queue.reason})" if queue.reason else ""
    jobs = counted(count, "job waits", "jobs wait")
    return Finding(
        about="pauses",
        level=Level.NOTE,
        text=f"Queue {queue.name} was paused{by}{why}: {jobs}.",
        advice=f"manage.py jobs resume {queue.name}",
        named=[queue.name],
    )
