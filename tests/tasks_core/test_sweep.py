"""What nobody let through is found by a look at every key, in turn and at its time."""

from datetime import timedelta

import pytest

from tasks_core import job_backends
from tasks_core.attempts import Attempt
from tasks_core.backends.database.limits import sweep
from tasks_core.backends.database.limits.allowances import declare
from tasks_core.backends.database.limits.sweep import REST, admit_all
from tasks_core.backends.database.pause import pause
from tasks_core.models import Job, Limit
from tasks_core.processes.worker import Worker
from tasks_core.processes.worker.admissions import Admissions
from tasks_core.states import JobState
from tests.tasks_core.rows import NOON, fresh, make_jobs

MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _from_the_start():
    sweep._left_off.clear()
    yield
    sweep._left_off.clear()


@pytest.fixture
def two_keys(monkeypatch):
    """Let a sweep look at two keys of each kind, as it does at a hundred."""
    monkeypatch.setattr(sweep, "KEYS", 2)


def park(name, count=1, permits=1, **fields):
    limit = {"parked": True, "concurrency_key": name, "concurrency_limit": permits}
    return make_jobs(count, **limit | fields)


def park_rated(name, count=1, **fields):
    return park(None, count, None, rate_key=name, **fields)


def admitted():
    return Job.objects.filter(parked=False, state=JobState.READY).count()


def ended(**keys):
    return [Attempt(job_id=fresh(job).pk, task=job.task, **keys) for job in make_jobs(1)]


def test_more_keys_than_one_sweep_looks_at_follow_at_once(two_keys):
    for name in "abcde":
        park(name)

    assert admit_all("default", NOON) == NOON
    assert admit_all("default", NOON) == NOON
    assert admit_all("default", NOON) is None
    assert admitted() == 5


def test_keys_without_room_are_no_reason_to_hurry(two_keys):
    for name in "abcde":
        park(name, 2)
    while admit_all("default", NOON) is not None:
        pass

    assert [admit_all("default", NOON) for _ in range(4)] == [None] * 4


def test_a_rate_is_not_forgotten_while_jobs_of_others_end():
    """Of a fast rate several pass at a time: between its next one and that time it is due."""
    each = 10 * MILLISECOND
    declare("default", spacings={"fast": each})
    Limit.objects.update(next_at=NOON)
    park_rated("fast")
    later = NOON + 2 * each

    assert admit_all("default", later, ended(concurrency_key="other")) == NOON + 5 * each


def test_a_rate_that_others_hold_back_is_looked_at_again_after_a_rest():
    declare("default", spacings={"r": MILLISECOND})
    park_rated("r", 1, concurrency_key="full", concurrency_limit=1)
    make_jobs(1, concurrency_key="full", concurrency_limit=1)

    assert admit_all("default", NOON) == NOON + REST


def test_what_waits_for_its_queue_to_go_on_keeps_nobody_busy():
    declare("default", spacings={"r": MILLISECOND})
    park_rated("r", queue="mail")
    pause("default", "mail", now=NOON)

    assert admit_all("default", NOON) is None
    assert admitted() == 0


def test_an_ended_job_lets_the_next_one_through_though_the_sweep_is_elsewhere(two_keys):
    for name in "abcd":
        park(name, 2)
    admissions = Admissions(job_backends["default"])
    for _ in range(3):
        admissions.hurry()
        admissions.tick()
    Job.rows.filter(parked=False, concurrency_key="d").delete()
    sweep._left_off.clear()

    admissions.ended(ended(concurrency_key="d"))
    admissions.hurry()
    admissions.tick()

    assert Job.objects.get(concurrency_key="d").parked is False


def test_what_a_sweep_has_left_is_not_put_off_by_jobs_that_end(two_keys):
    for name in "abcd":
        park(name)
    admissions = Admissions(job_backends["default"])
    admissions.tick()

    admissions.ended(ended(concurrency_key="other"))
    admissions.tick()
    admissions.tick()

    assert not Job.objects.filter(parked=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_works_until_nothing_is_due_runs_what_nobody_let_through(two_keys):
    for name in "abcde":
        park(name, 2)

    Worker(job_backends["default"], concurrency=2).drain()

    assert Job.objects.filter(state=JobState.SUCCESSFUL).count() == 10
