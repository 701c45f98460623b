"""scheduled -> ready."""

from datetime import timedelta

import pytest

from tasks_core import clock
from tasks_core.backends.database.dispatch import dispatch
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.tasks_core.notifications import listening
from tests.tasks_core.races import together
from tests.tasks_core.rows import HOUR, NOON, fresh, make_job, make_jobs

pytestmark = pytest.mark.django_db

MOMENT = timedelta(microseconds=1)


def test_a_job_becomes_ready_at_its_time_and_not_before():
    job = make_job(JobState.SCHEDULED, run_after=NOON)

    assert dispatch("default", now=NOON - MOMENT) == 0
    assert fresh(job).state == JobState.SCHEDULED

    assert dispatch("default", now=NOON) == 1
    assert fresh(job).state == JobState.READY


def test_the_database_says_what_time_it_is():
    past = make_job(JobState.SCHEDULED, run_after=clock.db_now() - HOUR)
    future = make_job(JobState.SCHEDULED, run_after=clock.db_now() + HOUR)

    assert dispatch("default") == 1

    assert [fresh(job).state for job in (past, future)] == [JobState.READY, JobState.SCHEDULED]


def test_nothing_but_the_state_changes():
    job = make_job(JobState.SCHEDULED, run_after=NOON, attempts=1, fence=4, active_key="tea")

    dispatch("default", now=NOON)

    after = fresh(job)
    assert (after.run_after, after.attempts, after.fence) == (NOON, 1, 4)
    assert after.active_key == "tea"


def test_the_oldest_come_first_when_there_are_too_many():
    for minutes in (3, 1, 2):
        make_job(JobState.SCHEDULED, run_after=NOON - timedelta(minutes=minutes))

    assert dispatch("default", now=NOON, limit=2) == 2

    [left] = Job.objects.filter(state=JobState.SCHEDULED)
    assert left.run_after == NOON - timedelta(minutes=1)


@pytest.mark.vendor("postgresql")
@pytest.mark.django_db(transaction=True)
def test_the_workers_of_their_queues_are_told():
    make_job(JobState.SCHEDULED, run_after=NOON, queue="tea")
    make_job(JobState.SCHEDULED, run_after=NOON + HOUR, queue="coffee")

    with listening() as ear:
        dispatch("default", now=NOON)
        dispatch("default", now=NOON)

        assert ear.heard() == ["tea"]


@pytest.mark.django_db(transaction=True)
def test_of_many_dispatchers_each_job_is_moved_by_one():
    make_jobs(300, JobState.SCHEDULED, run_after=NOON)

    counts = together(6, lambda number: sum(dispatch("default", now=NOON) for _ in range(3)))

    assert sum(counts) == 300
    assert Job.objects.filter(state=JobState.READY).count() == 300
