"""scheduled, ready -> scheduled, ready: change what is not claimed."""

import pytest

from tasks_core.backends.database.reschedule import reschedule
from tasks_core.states import JobState
from tests.tasks_core.rows import HOUR, NOON, claim_one, fresh, make_job

pytestmark = pytest.mark.django_db

WAITING = [JobState.SCHEDULED, JobState.READY]


@pytest.mark.parametrize("state", WAITING)
def test_a_time_in_the_future_makes_it_scheduled(state):
    job = make_job(state)

    assert reschedule("default", [job.pk], now=NOON, when=NOON + HOUR) == 1
    assert (fresh(job).state, fresh(job).run_after) == (JobState.SCHEDULED, NOON + HOUR)


@pytest.mark.parametrize("state", WAITING)
def test_a_time_that_has_come_makes_it_ready(state):
    job = make_job(state)

    assert reschedule("default", [job.pk], now=NOON, when=NOON) == 1
    assert (fresh(job).state, fresh(job).run_after) == (JobState.READY, NOON)


@pytest.mark.parametrize("state", WAITING)
def test_without_a_time_it_stays_where_it_is(state):
    job = make_job(state)

    assert reschedule("default", [job.pk], now=NOON, queue="mail", priority=9) == 1
    assert (fresh(job).state, fresh(job).run_after) == (state, job.run_after)
    assert (fresh(job).queue, fresh(job).priority) == ("mail", 9)


def test_a_claimed_job_is_not_changed():
    make_job()
    attempt = claim_one()

    assert reschedule("default", [attempt.job_id], now=NOON, priority=9) == 0
    assert fresh(attempt).priority == 0
