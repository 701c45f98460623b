"""
S6: a job runs at least once, and its end is written by who owned it, whatever happens to workers.

Again and again one of three is killed with all that is below it, is frozen for longer than its
lease, or has its worker process killed below its supervisor.
"""

import os
import signal
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, attempts, audit, stuck
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import FENCED, all_ended, ask
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

NEGLIGENT = "tests.faults.kit.broken.NegligentBackend"
BLOWS, EACH, SECONDS = size((6, 120, (0.01, 0.1)), (21, 80, (0.05, 0.5)))  # jobs for each blow
PAUSE = size((0.0, 0.1), (0.0, 1.0))
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
    """Return workers of a backend that have begun so many jobs, and are ready to be struck."""

    def run(backend, jobs, *, seconds, lease=LEASE):
        havoc = Blows(worker_of(backend, CONCURRENCY=CONCURRENCY, LEASE=lease), number=WORKERS)
        havoc.serve()
        ask(jobs, seconds=seconds)
        return havoc

    return run


def begun():
    return Effect.objects.filter(name="began").count()


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
    havoc = blows(FENCED, EACH, seconds=SECONDS)

    def blow(which):
        havoc.deal(which)
        ask(EACH, seconds=SECONDS)

    havoc.wreak(blow, times=BLOWS, pause=PAUSE, progress=begun)
    eventually(all_ended, seconds=120)
    asked = EACH * (BLOWS + 1)

    books, gaps = audit(asked, lease=LEASE), recoveries()
    p99 = gaps[int(len(gaps) * 0.99)]
    tally.row(
        "S6 kill -9 and SIGSTOP",
        f"{asked} jobs, {havoc.kills} kills, {havoc.freezes} freezes, "
        f"lease {LEASE} s, taken up again within {p99:.1f} s (p99)",
        lost=len(books.lost),
        repeated=books.repeated,
        bound=havoc.victims,
    )
    assert_balanced(books, repeats=havoc.victims, overlaps=havoc.freezes * CONCURRENCY)
    assert p99 <= RECOVERY


def test_where_nobody_rescues_they_run_for_ever(blows, tally):
    slots = WORKERS * CONCURRENCY
    havoc = blows(NEGLIGENT, slots, seconds=(60, 60), lease=1)
    eventually(lambda: begun() >= slots)
    havoc.kill(0)
    eventually(lambda: stuck(1).exists())

    books = audit(slots, lease=1)
    tally.control("S6 kill -9 and SIGSTOP", f"{len(books.stuck)} stuck after {havoc.kills} kill")
    with pytest.raises(AssertionError, match="stuck"):
        assert_balanced(books, repeats=havoc.victims, overlaps=havoc.victims)
    assert books.stuck
