"""nothing -> scheduled, ready."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks_core import Call, JobState, background, clock, task
from tasks_core.backends.database.enqueue import BATCH
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql")
def test_a_call_is_stored_in_one_round_trip():
    background.enqueue(nothing)  # workers are told once in 5 ms, in a statement of its own

    with CaptureQueriesContext(connection) as queries:
        background.enqueue(nothing)
        background.enqueue(nothing, key="tea")
        background.defer(nothing, when=HOUR)

    words = {query["sql"].split()[0] for query in queries if "pg_notify" not in query["sql"]}
    assert (words, Job.objects.count()) == ({"INSERT"}, 4)
    assert sum(query["sql"].startswith("INSERT") for query in queries) == 3


@pytest.mark.vendor("postgresql")
def test_inside_a_transaction_a_call_is_one_statement_too():
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        background.enqueue(nothing)

    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]


def test_many_calls_are_stored_in_few_statements():
    calls = [Call(nothing) for _ in range(100)]

    with CaptureQueriesContext(connection) as queries:
        background.enqueue_many(calls)

    assert Job.objects.count() == 100
    assert sum("INSERT" in query["sql"] for query in queries) == 1


def test_one_bad_call_stores_none_of_many():
    with pytest.raises(ValueError, match=r"^call 2 of 2: .*not JSON"):
        background.enqueue_many([Call(nothing), Call(explode, [object()])])

    assert not Job.objects.exists()


def test_many_calls_run_in_the_order_in_which_they_were_given(drain_jobs):
    results = background.enqueue_many([Call(nothing) for _ in range(50)])

    ran = [attempt.job_id for attempt, _ in drain_jobs()]

    assert ran == [result.id for result in results]


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


@pytest.mark.django_db(transaction=True)
def test_callers_who_store_the_same_keys_in_another_order_do_not_lock_each_other_out():
    keys = [f"tea {number}" for number in range(50)]

    def store(number):
        mine = keys if number % 2 else keys[::-1]
        found = background.enqueue_many([Call(nothing, key=key) for key in mine])
        return {result.id for result in found}

    first, *others = together(4, store)

    assert len(first) == 50
    assert all(other == first for other in others)


def test_the_jobs_of_calls_with_keys_come_back_in_the_order_of_the_calls():
    calls = [Call(nothing, key=key, label=key or "") for key in ("milk", None, "tea", "coffee")]

    results = background.enqueue_many(calls)

    labels = [Job.objects.get(pk=result.id).label for result in results]
    assert labels == ["milk", "", "tea", "coffee"]
    assert sorted(result.id for result in results) == [result.id for result in results]


def test_more_calls_than_fit_into_one_statement_are_stored_all_together():
    calls = [Call(nothing, label=str(number)) for number in range(BATCH + 5)]

    results = background.enqueue_many(calls)

    in_order = Job.objects.order_by("run_after", "pk").values_list("pk", flat=True)
    assert [result.id for result in results] == list(in_order)


@pytest.mark.django_db(transaction=True)
def test_of_several_statements_the_last_takes_the_first_with_it():
    taken = uuid4()
    background.enqueue_many([Call(nothing, id=taken)])
    calls = [Call(nothing) for _ in range(BATCH)]

    with pytest.raises(IntegrityError):
        background.enqueue_many([*calls, Call(nothing, id=taken)])

    assert Job.objects.count() == 1


def test_calls_that_say_different_things_are_stored_as_each_says():
    with FrozenClock(NOON):
        background.enqueue_many(
            [
                Call(nothing),
                Call(explode, when=NOON + HOUR, priority=5, label="Tea"),
                Call(nothing, when=2 * HOUR, queue="mail", expires_at=3 * HOUR, timeout=9),
                Call(nothing, when=-HOUR, expires_at=NOON + HOUR, max_attempts=1),
            ]
        )

    rows = Job.objects.order_by("pk").values_list(
        "task", "state", "run_after", "expires_at", "queue", "priority", "max_attempts"
    )
    plain, failing = "tests.app.tasks.nothing", "tests.app.tasks.explode"
    assert list(rows) == [
        (plain, "ready", NOON, None, "default", 0, 5),
        (failing, "scheduled", NOON + HOUR, None, "default", 5, 5),
        (plain, "scheduled", NOON + 2 * HOUR, NOON + 3 * HOUR, "mail", 0, 5),
        (plain, "ready", NOON - HOUR, NOON + HOUR, "default", 0, 1),
    ]


def test_a_delay_counts_from_the_clock_of_the_database():
    before = clock.db_now()
    background.defer(nothing, when=HOUR)
    after = clock.db_now()

    assert before + HOUR <= only_job().run_after <= after + HOUR


def test_nobody_listening_costs_no_signal_and_everybody_hears_of_each_job():
    told = []

    def listen(result, **kwargs):
        told.append(result.id)

    job_enqueued.connect(listen)
    results = background.enqueue_many([Call(nothing) for _ in range(3)])
    job_enqueued.disconnect(listen)

    assert told == [result.id for result in results]


def test_what_breaks_in_a_callers_transaction_is_noticed_by_it():
    job_id = uuid4()
    background.enqueue_many([Call(nothing, id=job_id)])

    with pytest.raises(IntegrityError), transaction.atomic():
        background.enqueue_many([Call(nothing, id=job_id)])
    assert Job.objects.count() == 1
