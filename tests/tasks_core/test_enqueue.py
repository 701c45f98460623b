"""nothing -> scheduled, ready."""

from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks_core import Call, JobState, background, task
from tasks_core.models import Job
from tasks_core.signals import job_enqueued
from tasks_core.testing import FrozenClock
from tests.app.tasks import explode, nothing
from tests.tasks_core.races import together
from tests.tasks_core.rows import HOUR, NOON

pytestmark = pytest.mark.django_db


@task(queue="mail", priority=7, max_attempts=2, key="declared", label="Tea")
def declared_task():
    pass


def only_job():
    return Job.objects.get()


def test_a_call_without_a_time_is_ready():
    result = background.enqueue(nothing)

    assert (result.status, only_job().state) == (JobState.READY, JobState.READY)


def test_a_call_for_later_is_scheduled():
    with FrozenClock(NOON):
        background.defer(nothing, when=HOUR)

    assert (only_job().state, only_job().run_after) == (JobState.SCHEDULED, NOON + HOUR)


def test_a_call_for_the_past_is_ready():
    background.defer(nothing, when=timedelta(minutes=-1))

    assert only_job().state == JobState.READY


def test_a_naive_time_is_taken_in_the_default_time_zone(settings):
    settings.TIME_ZONE = "America/New_York"

    background.defer(nothing, when=(NOON.replace(tzinfo=None) + timedelta(days=365)))

    assert only_job().run_after == NOON + timedelta(days=365, hours=5)


def test_every_option_reaches_the_row():
    tea = Group.objects.create(name="tea")

    with FrozenClock(NOON):
        background.enqueue(
            nothing,
            priority=3,
            queue="mail",
            key="k",
            max_attempts=2,
            expires_at=NOON + HOUR,
            label="Tea",
            creator=tea,
        )

    job = only_job()
    assert (job.priority, job.queue, job.active_key, job.max_attempts) == (3, "mail", "k", 2)
    assert (job.expires_at, job.label, job.creator) == (
        NOON + HOUR,
        "Tea",
        f"auth.Group:{tea.pk}",
    )
    assert (job.enqueued_at, job.run_after, job.attempts, job.fence) == (NOON, NOON, 0, 0)


def test_what_a_task_declares_are_the_defaults_of_its_calls():
    declared_task.enqueue()

    job = only_job()
    assert (job.queue, job.priority, job.max_attempts) == ("mail", 7, 2)
    assert (job.active_key, job.label) == ("declared", "Tea")


def test_what_a_call_says_wins_over_what_its_task_declares():
    background.enqueue(declared_task, queue="default", priority=0, key=None)

    job = only_job()
    assert (job.queue, job.priority, job.active_key) == ("default", 0, None)


def test_many_calls_are_stored_in_few_statements():
    calls = [Call(nothing) for _ in range(100)]

    with CaptureQueriesContext(connection) as queries:
        background.enqueue_many(calls)

    assert Job.objects.count() == 100
    # SQLite takes 999 parameters at a time.
    assert sum(query["sql"].startswith("INSERT") for query in queries) <= 3


def test_one_bad_call_stores_none_of_many():
    with pytest.raises(ValueError, match="not JSON"):
        background.enqueue_many([Call(nothing), Call(explode, [object()])])

    assert not Job.objects.exists()


def test_many_calls_run_in_the_order_in_which_they_were_given(drain_jobs):
    results = background.enqueue_many([Call(nothing) for _ in range(50)])

    ran = [attempt.job_id for attempt, _ in drain_jobs()]

    assert ran == [result.id for result in results]


def test_an_id_that_is_taken_is_refused():
    job_id = uuid4()
    background.enqueue_many([Call(nothing, id=job_id)])

    with pytest.raises(IntegrityError), transaction.atomic():
        background.enqueue_many([Call(nothing, id=job_id)])


def test_a_held_key_gives_the_job_that_holds_it():
    first = background.enqueue(nothing, key="tea")
    second = background.enqueue(explode, key="tea")

    assert first.id == second.id
    assert only_job().task == "tests.app.tasks.nothing"


def test_only_what_was_stored_is_signalled():
    told = []

    def listen(result, **kwargs):
        told.append(result.id)

    job_enqueued.connect(listen)
    result = background.enqueue(nothing, key="tea")
    background.enqueue(nothing, key="tea")
    job_enqueued.disconnect(listen)

    assert told == [result.id]


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_with_one_key_one_stores_a_job():
    ids = together(8, lambda number: background.enqueue(nothing, [], key="tea").id)

    assert len(set(ids)) == 1
    assert Job.objects.count() == 1


class Stop(Exception):
    """Ends a transaction without its changes."""


@pytest.mark.django_db(transaction=True)
def test_a_job_is_visible_if_and_only_if_its_transaction_commits():
    with pytest.raises(Stop), transaction.atomic():
        background.enqueue(nothing)
        raise Stop
    assert Job.objects.count() == 0

    with transaction.atomic():
        background.enqueue(nothing)
        assert together(1, lambda _: Job.objects.count()) == [0]
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_takes_its_jobs_with_it():
    with transaction.atomic():
        background.enqueue(nothing, label="kept")
        with pytest.raises(Stop), transaction.atomic():
            background.enqueue(nothing, label="dropped")
            raise Stop

    assert only_job().label == "kept"


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_queue_of_its_own_gets_all_the_rows():
    background.on("queue").enqueue(nothing)
    background.on("queue").enqueue_many([Call(nothing)])
    background.on("queue").defer(nothing, when=HOUR, key="tea")

    assert Job.objects.using("queue").count() == 3
    assert Job.objects.using("default").count() == 0


@pytest.mark.vendor("postgresql", "mysql")  # SQLite lets one in at a time
@pytest.mark.django_db(transaction=True)
def test_callers_who_lock_each_other_out_are_both_served():
    both_hold_one = Barrier(2)

    def store(number):
        met = []

        def meet(execute, sql, *rest):
            answer = execute(sql, *rest)
            if sql.startswith("INSERT") and not met:
                met.append(both_hold_one.wait(timeout=10))
            return answer

        keys = ["tea", "milk"] if number else ["milk", "tea"]
        with connection.execute_wrapper(meet):
            return background.enqueue_many([Call(nothing, key=key) for key in keys])

    results = together(2, store)

    assert {result.id for found in results for result in found} == {
        job.pk for job in Job.objects.all()
    }
    assert Job.objects.count() == 2
