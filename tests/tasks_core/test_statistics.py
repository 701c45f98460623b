"""How many jobs there are and how long they take: bounded, and answered from indexes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks_core import JobState
from tasks_core.backends.database.questions import indexed, statistics
from tasks_core.models import Limit, Queue
from tests.tasks_core.rows import HOUR, NOON, make_job, make_jobs

pytestmark = pytest.mark.django_db


def look(**options):
    return statistics.look("default", now=NOON, **options)


def queue(name):
    return next(each for each in look().queues if each.name == name)


def test_jobs_are_counted_by_state():
    for number, state in enumerate(JobState, 1):
        make_jobs(number, state)

    assert look().states == {state.value: number for number, state in enumerate(JobState, 1)}


def test_the_unfinished_jobs_of_each_queue_are_counted():
    Limit.objects.create(key="tea", permits=1)
    make_jobs(2, queue="mail")
    make_job(queue="mail", parked=True, concurrency_key="tea", concurrency_limit=1)
    make_job(queue="mail", parked=True, rate_key="tea")
    make_job(JobState.SCHEDULED, queue="mail")
    make_job(JobState.RUNNING, queue="post")
    make_job(JobState.FAILED, queue="gone")

    mail, post = look().queues

    assert (mail.name, mail.ready, mail.parked, mail.scheduled, mail.running) == (
        "mail",
        2,
        2,
        1,
        0,
    )
    assert (post.name, post.ready, post.running) == ("post", 0, 1)


def test_a_paused_queue_is_told_though_it_is_empty():
    Queue.objects.create(name="mail", paused_at=NOON, paused_by="ann", reason="storm")

    mail = queue("mail")

    assert (mail.paused_at, mail.paused_by, mail.reason) == (NOON, "ann", "storm")


def test_the_oldest_ready_job_may_be_of_any_priority():
    make_job(run_after=NOON - HOUR, priority=-5)
    make_job(run_after=NOON, priority=5)

    assert queue("default").oldest_ready_at == NOON - HOUR


def test_what_is_due_waits_though_nobody_has_dispatched_it():
    make_job(JobState.SCHEDULED, run_after=NOON - HOUR)
    make_job(JobState.SCHEDULED, run_after=NOON + HOUR)

    assert indexed.oldest_waiting_at("default", now=NOON) == NOON - HOUR


def test_ends_are_counted_in_the_last_minute_hour_and_day():
    for age in (timedelta(seconds=30), timedelta(minutes=30), timedelta(hours=12)):
        make_job(JobState.SUCCESSFUL, finished_at=NOON - age)
    make_job(JobState.FAILED, finished_at=NOON - timedelta(hours=2))
    make_job(JobState.SUCCESSFUL, finished_at=NOON - timedelta(days=2))

    assert look().ended == {
        "minute": {"cancelled": 0, "failed": 0, "successful": 1},
        "hour": {"cancelled": 0, "failed": 0, "successful": 2},
        "day": {"cancelled": 0, "failed": 1, "successful": 3},
    }


def test_each_task_tells_how_long_its_last_jobs_ran_and_waited():
    for seconds in (1, 2, 3):
        begin = NOON + timedelta(seconds=10)
        end = begin + timedelta(seconds=seconds)
        make_job(JobState.SUCCESSFUL, task="a.b", started_at=begin, finished_at=end)
    make_job(JobState.FAILED, task="a.b", started_at=NOON, finished_at=NOON + HOUR)

    [figures] = look().tasks

    assert (figures.task, figures.ended, figures.failed) == ("a.b", 4, 1)
    assert (figures.mean_seconds, figures.p95_seconds) == (901.5, 3600)
    assert (figures.mean_wait, figures.p95_wait) == (7.5, 10)


def test_a_task_that_never_ran_has_no_durations():
    make_job(JobState.CANCELLED)

    [figures] = look().tasks

    assert (figures.ended, figures.mean_seconds, figures.p95_wait) == (1, None, None)


def test_only_the_jobs_that_ended_last_are_looked_at():
    make_job(JobState.SUCCESSFUL, task="a.old", finished_at=NOON - HOUR)
    make_job(JobState.FAILED, task="a.new", finished_at=NOON)

    assert [task.task for task in look(last=1).tasks] == ["a.new"]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.95, None), ([7], 0.95, 7), (list(range(1, 101)), 0.95, 95), ([3, 1, 2], 0.5, 2)],
)
def test_a_percentile_is_one_of_the_values(values, share, expected):
    assert statistics.percentile(values, share) == expected


def test_counting_stops_where_nobody_reads_on():
    make_jobs(5)

    assert indexed.counted(*indexed.of_state("default", JobState.READY), most=3) == 3


def plans():
    """Return how the database finds each part of each state."""
    found = []
    with CaptureQueriesContext(connection) as asked:
        for state in JobState:
            indexed.count_of_state("default", state)
        list(indexed.queues_of(indexed.claimable("default")))
        indexed.oldest_waiting_at("default", now=NOON)
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            found += [row[-1] for row in cursor.fetchall()]
    return found


@pytest.mark.vendor("sqlite")
def test_no_question_reads_the_whole_table_or_sorts():
    make_job(JobState.SUCCESSFUL)

    guilty = [step for step in plans() if "SCAN tasks_core_job" in step or "TEMP B-TREE" in step]

    assert guilty == []


@pytest.mark.vendor("sqlite")
def test_a_state_that_is_a_parameter_would_be_noticed():
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN SELECT id FROM tasks_core_job WHERE state = %s", ["x"])
        plan = [row[-1] for row in cursor.fetchall()]

    assert [step for step in plan if "SCAN tasks_core_job" in step]
