"""One look at all that a worker may have to do."""

import pytest

from tasks_core import clock
from tasks_core.backends.database.questions.look import look
from tasks_core.models import Limit, Queue
from tasks_core.states import JobState
from tests.tasks_core.rows import DEAD, HOUR, NOON, make_job, make_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    return make_process().pk


def test_nothing_is_seen_where_nothing_is(me):
    before = clock.db_now()
    seen = look("default", me)

    assert before <= seen.now <= clock.db_now()
    assert seen[1:] == (None, None, *[False] * 5)


def test_it_costs_one_query(me, django_assert_num_queries):
    with django_assert_num_queries(1):
        look("default", me)


def test_the_first_deferred_job_is_seen(me):
    make_job(JobState.SCHEDULED, run_after=NOON + 2 * HOUR)
    make_job(JobState.SCHEDULED, run_after=NOON + HOUR)
    make_job(JobState.READY, run_after=NOON)

    assert look("default", me).next_run_after == NOON + HOUR


@pytest.mark.parametrize("first", [JobState.SCHEDULED, JobState.READY])
def test_the_first_job_that_expires_unclaimed_is_seen(me, first):
    [second] = {JobState.SCHEDULED, JobState.READY} - {first}
    make_job(first, expires_at=NOON + HOUR)
    make_job(second, expires_at=NOON + 2 * HOUR)
    make_job(JobState.RUNNING, expires_at=NOON)

    assert look("default", me).next_expiry == NOON + HOUR


def test_a_dead_process_is_seen(me):
    make_process(lease=DEAD)

    assert look("default", me).has_dead


def test_who_asks_is_not_dead():
    assert not look("default", make_process(lease=DEAD).pk).has_dead


def test_who_was_stopped_is_dead_while_it_owns_jobs(me):
    stopped = make_process(lease=DEAD, stopped_at=NOON)
    assert not look("default", me).has_dead

    make_job(JobState.RUNNING, claimed_by=stopped)
    assert look("default", me).has_dead


def test_a_wish_to_stop_a_job_of_mine_is_seen(me):
    make_job(JobState.RUNNING, cancel_requested_at=NOON)
    make_job(JobState.RUNNING, claimed_by_id=me)
    assert not look("default", me).has_cancels

    make_job(JobState.RUNNING, claimed_by_id=me, cancel_requested_at=NOON)
    assert look("default", me).has_cancels


def test_a_job_that_must_run_alone_is_seen(me):
    make_job(JobState.SUCCESSFUL, suspect=True)
    assert not look("default", me).has_suspects

    make_job(JobState.READY, suspect=True, queue="tea")
    assert look("default", me).has_suspects
    assert look("default", me, queues=["coffee", "tea"]).has_suspects
    assert not look("default", me, queues=["coffee"]).has_suspects


def test_of_those_that_cannot_run_now_nothing_is_seen(me):
    make_job(JobState.READY, suspect=True, parked=True)
    make_job(JobState.READY, suspect=True, queue="tea")
    Queue.objects.create(name="tea", paused_at=NOON)

    assert not look("default", me).has_suspects


def test_limits_are_seen(me):
    Limit.objects.create(key="api")

    assert look("default", me).has_limits


def test_a_job_that_may_be_claimed_is_seen(me):
    make_job(JobState.READY, parked=True)
    make_job(JobState.RUNNING)
    assert not look("default", me).has_ready

    make_job(JobState.READY)
    assert look("default", me).has_ready
