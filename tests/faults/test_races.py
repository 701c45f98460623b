"""
S13: whoever races for jobs, each is executed once; whoever races for a key, one job has it.

Sixteen workers (four in the short form) wait for one batch of jobs; 64 threads (16 in the short
form) ask at one moment for the same key.
"""

from threading import Event

import pytest

from tasks_core import background
from tasks_core.models import Job
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import FENCED, all_ended, ask, waits
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually, together

WORKERS, JOBS = size((4, 800), (16, 10_000))
CONTROL_WORKERS, CONTROL_JOBS = 4, 500
GREEDY = "tests.faults.kit.broken.GreedyBackend"
THREADS, ROUNDS = size((16, 5), (64, 12))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def race(worker_of):
    """Let workers of a backend race for so many jobs."""

    def run(backend, jobs, *, workers, until):
        racers = Havoc(worker_of(backend, command="run_bare_worker"), number=workers)
        racers.serve()
        ask(jobs)
        eventually(until, seconds=size(60, 300))
        assert racers.end() == [0] * workers
        return audit(jobs)

    return run


def test_each_job_is_executed_once(race, tally):
    books = race(FENCED, JOBS, workers=WORKERS, until=all_ended)

    tally.row("S13 race for jobs", f"{WORKERS} workers, {JOBS} jobs", repeated=books.repeated)
    assert_balanced(books)


def test_without_locks_some_are_executed_by_several(race, tally):
    books = race(GREEDY, CONTROL_JOBS, workers=CONTROL_WORKERS, until=lambda: not waits())

    tally.control("S13 race for jobs", f"{books.repeated} repeated of {books.jobs}")
    with pytest.raises(AssertionError, match="repeated"):
        assert_balanced(books)
    assert books.repeated


def race_for_key(ask_for_key):
    """Return how many jobs too many there are after all rounds, or were told to who asked."""
    told = [
        together(THREADS, lambda _, key=f"report {number}": ask_for_key(key))
        for number in range(ROUNDS)
    ]
    assert Job.objects.count() >= ROUNDS
    return max(Job.objects.count(), sum(len(set(ids)) for ids in told)) - ROUNDS


def test_one_job_has_the_key(tally):
    surplus = race_for_key(lambda key: background.enqueue(work, key=key).id)

    tally.row("S13 race for a key", f"{THREADS} threads, {ROUNDS} keys", surplus=surplus)
    assert surplus == 0
    assert Job.objects.values("active_key").distinct().count() == ROUNDS


def test_to_look_first_is_not_enough(tally):
    def look_first(key):
        if not (found := Job.objects.filter(label=key).first()):
            Event().wait(0.02)
            return background.enqueue(work, label=key).id
        return found.pk

    surplus = race_for_key(look_first)

    tally.control("S13 race for a key", f"{surplus} jobs too many")
    assert surplus > 0
