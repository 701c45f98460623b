"""failed, cancelled -> ready: an operator wants it."""

import pytest

from tasks_core.backends.database.retry import retry
from tasks_core.states import JobState
from tests.tasks_core.rows import HOUR, NOON, claim_one, fresh, make_job

pytestmark = pytest.mark.django_db

LATER = NOON + HOUR


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_an_ended_job_is_ready_again_with_all_its_attempts(state):
    job = make_job(state, attempts=3, max_attempts=3, reason="lost", expires_at=NOON)

    assert retry("default", [job.pk], now=LATER) == 1

    after = fresh(job)
    assert (after.state, after.attempts, after.reason) == (JobState.READY, 0, "")
    assert (after.run_after, after.finished_at, after.expires_at) == (LATER, None, None)


def test_its_errors_and_its_fence_are_kept():
    job = make_job(JobState.FAILED, errors=[{"message": "broken"}], fence=5)

    retry("default", [job.pk], now=LATER)

    assert (fresh(job).errors, fresh(job).fence) == ([{"message": "broken"}], 5)
    assert claim_one().fence == 6


def test_only_those_that_ended_without_success_are_counted():
    jobs = [make_job(state) for state in JobState]

    assert retry("default", [job.pk for job in jobs], now=LATER) == 2
