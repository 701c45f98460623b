"""
S6: a job runs at least once, and its end is written by who owned it, whatever happens to workers.

Every second or so one of three is killed with all that is below it, has its worker process
killed below its supervisor, or is frozen for longer than its lease.
"""

import os
import signal
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, attempts, audit
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import FENCED, all_ended, ask, waits
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

UNFENCED = "tests.faults.kit.broken.UnfencedBackend"
JOBS, SECONDS, EVERY = size((800, (0.01, 0.08), (0.4, 1.0)), (20_000, (0.05, 0.5), (1.0, 3.0)))
CONTROL_JOBS = 300
WORKERS, CONCURRENCY, LEASE = 3, 4, 1.5
RECOVERY = 90  # seconds

pytestmark = pytest.mark.django_db(transaction=True)


class Blows(Havoc):
    """Deals one blow after the other: to all of a worker, to its process alone, or a long sleep."""

    dealt = 0

    @property
    def victims(self):
        """Return how many jobs at most were running in a process when it was hit."""
        return (self.kills + self.freezes) * CONCURRENCY

    def deal(self, which):
        [self.kill, self.freeze_long, self.kill_below][self.dealt % 3](which)
        self.dealt += 1

    def freeze_long(self, which):
        self.freeze(which, seconds=LEASE * 1.8)

    def kill_below(self, which):
        for pid in below(self.processes[which].pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.kills += 1


def below(pid):
    """Return the processes that this one has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.fixture
def blows(worker_of):
    """Let workers of a backend do so many jobs under blows; return the blows."""

    def run(backend, jobs, deal, **options):
        start = worker_of(backend, CONCURRENCY=CONCURRENCY, LEASE=LEASE, **options)
        havoc = Blows(start, number=WORKERS)
        ask(jobs, seconds=SECONDS)
        blow = getattr(havoc, deal)
        havoc.begin()
        eventually(Effect.objects.exists)
        havoc.wreak(blow, while_=waits, every=EVERY)
        eventually(all_ended, seconds=60)
        return havoc

    return run


def recoveries():
    """Return the seconds from the last sign of each attempt that was cut off to the next one."""
    began, done = attempts("began"), attempts("done")
    by_job = {}
    for job, number in sorted(began):
        by_job.setdefault(job, []).append((job, number))
    gaps = [
        min(began[later]) - max(began[earlier])
        for all_of_one in by_job.values()
        for earlier, later in pairwise(all_of_one)
        if earlier not in done
    ]
    return sorted(gaps) or [0.0]


def test_every_job_ends_and_is_settled_by_its_owner(blows, tally):
    havoc = blows(FENCED, JOBS, "deal")

    books, gaps = audit(JOBS), recoveries()
    p99 = gaps[int(len(gaps) * 0.99)]
    tally.row(
        "S6 kill -9 and SIGSTOP",
        f"{JOBS} jobs, {havoc.kills} kills, {havoc.freezes} freezes, "
        f"lease {LEASE} s, taken up again within {p99:.1f} s (p99)",
        lost=len(books.lost),
        repeated=books.repeated,
        bound=havoc.victims,
    )
    assert_balanced(books, repeats=havoc.victims, overlaps=havoc.freezes * CONCURRENCY)
    assert p99 <= RECOVERY
    assert havoc.kills + havoc.freezes >= 3


def test_without_the_fence_it_is_settled_by_others(blows, tally):
    # A supervisor would end a worker that wakes from a long sleep before it says anything.
    havoc = blows(UNFENCED, CONTROL_JOBS, "freeze_long", command="run_bare_worker")
    for worker in havoc.processes:
        worker.end()

    books = audit(CONTROL_JOBS)
    tally.control("S6 kill -9 and SIGSTOP", f"{len(books.foreign)} settled by others")
    with pytest.raises(AssertionError, match="foreign"):
        assert_balanced(books, repeats=havoc.victims, overlaps=havoc.victims)
    assert books.foreign
