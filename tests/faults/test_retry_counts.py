"""
S18: attempts are counted exactly, and every delay lies inside its band.

Tasks fail k times and then succeed, or always fail; with exceptions of every kind. Time is
the test's own.
"""

from collections import defaultdict
from datetime import timedelta

import pytest

from tasks_core import Call, background, retries, task
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.faults.kit.tally import size
from tests.tasks_core.rows import NOON

MOST = 5  # attempts
SAMPLES, CONTROL_SAMPLES = size(4, 20), 2  # of each number of failures and each kind
ZERO = timedelta(0)


class Rude(BaseException):
    """What ``except Exception`` does not catch."""


KINDS = {
    "error": RuntimeError,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
    "rude": Rude,
}

pytestmark = pytest.mark.django_db


@task(takes_context=True, max_attempts=MOST)
def fail_first(context, times, kind):
    if context.attempt <= times:
        raise KINDS[kind]
    return context.attempt


@task(takes_context=True, max_attempts=MOST, backoff=lambda attempt: 2 * retries.ceiling(attempt))
def wait_too_long(context, times, kind):
    if context.attempt <= times:
        raise KINDS[kind]
    return context.attempt


def run_all(task, drain_jobs, samples):
    """Run everything to its end; return all delays by the number of the attempt before."""
    calls = [Call(task, [times, kind]) for times in range(MOST + 1) for kind in KINDS]
    background.enqueue_many(calls * samples)
    delays = defaultdict(list)
    with FrozenClock(NOON) as clock:
        for number in range(1, MOST + 1):
            drain_jobs()
            waiting = Job.objects.filter(state=JobState.SCHEDULED)
            delays[number] = [
                at - clock.moment for at in waiting.values_list("run_after", flat=True)
            ]
            clock.advance(hours=3)
    return delays


def miscounted():
    """Return the jobs whose end, attempts or errors are not what their failures make them."""
    return [job for job in Job.objects.all() if _told(job) != _expected(*job.args)]


def assert_exact(delays):
    assert miscounted() == []
    assert outside(delays) == []


def _told(job):
    return job.state, job.attempts, job.return_value, [e["attempt"] for e in job.errors]


def _expected(times, kind):
    if times < MOST:
        return JobState.SUCCESSFUL, times + 1, times + 1, list(range(1, times + 1))
    return JobState.FAILED, MOST, None, list(range(1, MOST + 1))


def outside(delays):
    """Return the delays that are longer than full jitter allows, or shorter than nothing."""
    return [
        delay
        for number, some in delays.items()
        for delay in some
        if not ZERO <= delay <= retries.ceiling(number)
    ]


@pytest.fixture(autouse=True)
def _enqueued_at_noon():
    with FrozenClock(NOON):
        yield


def test_attempts_are_exact_and_delays_inside_the_band(drain_jobs, tally):
    delays = run_all(fail_first, drain_jobs, SAMPLES)

    count = Job.objects.count()
    tally.row(
        "S18 retries",
        f"{count} jobs, {sum(map(len, delays.values()))} delays",
        surplus=len(miscounted()),
    )
    assert_exact(delays)
    assert [len(delays[number]) for number in range(1, MOST + 1)] == [
        (MOST + 1 - number) * len(KINDS) * SAMPLES if number < MOST else 0
        for number in range(1, MOST + 1)
    ]
    shares = [delay / retries.ceiling(1) for delay in delays[1]]
    assert min(shares) < 0.15  # the jitter fills the band
    assert max(shares) > 0.85


def test_a_back_off_beyond_the_band_is_found(drain_jobs):
    delays = run_all(wait_too_long, drain_jobs, CONTROL_SAMPLES)

    with pytest.raises(AssertionError):
        assert_exact(delays)
    assert len(outside(delays)) == sum(map(len, delays.values()))


def test_a_backend_that_forgets_failures_is_found(drain_jobs, settings, tally):
    settings.JOBS = {"BACKEND": "tests.faults.kit.broken.UncountingBackend"}

    delays = run_all(fail_first, drain_jobs, CONTROL_SAMPLES)

    tally.control("S18 retries", f"{len(miscounted())} miscounted")
    with pytest.raises(AssertionError):
        assert_exact(delays)
    assert {job.args[0] for job in miscounted()} == set(range(1, MOST + 1))
