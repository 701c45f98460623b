"""Calls with limits: stored parked, and let through as far as their limits allow."""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks_core import Call, background, clock, task
from tasks_core.backends.database.pause import pause
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job, Limit
from tests.app.tasks import leave_effect, nothing

pytestmark = pytest.mark.django_db(transaction=True)


@task(concurrency=("account {account_id}", 2))
def bill(account_id, *, note="", **more):
    pass


@task(rate="2/h")
def rarely():
    pass


def parked():
    """Return for each job, oldest first, whether it waits for its limits."""
    return list(Job.objects.order_by("pk").values_list("parked", flat=True))


def keys():
    return list(Job.objects.order_by("pk").values_list("concurrency_key", flat=True))


def test_no_more_jobs_of_a_key_wait_to_be_claimed_than_may_run():
    for _ in range(4):
        background.enqueue(nothing, concurrency=("tea", 2))

    assert parked() == [False, False, True, True]
    assert Limit.objects.get().permits == 2


def test_many_jobs_of_a_key_are_let_through_like_one_after_another():
    background.enqueue_many([Call(nothing, concurrency=("tea", 2)) for _ in range(4)])

    assert parked() == [False, False, True, True]


def test_a_job_is_let_through_when_its_transaction_commits():
    with transaction.atomic():
        background.enqueue(nothing, concurrency=("tea", 2))
        assert parked() == [True]

    assert parked() == [False]


def test_a_job_whose_transaction_is_rolled_back_leaves_no_limit():
    with transaction.atomic():
        background.enqueue(nothing, concurrency=("tea", 2))
        transaction.set_rollback(True)

    assert (Job.objects.count(), Limit.objects.count()) == (0, 0)


def test_the_last_call_says_how_many_may_run():
    background.enqueue(nothing, concurrency=("tea", 1))
    background.enqueue(nothing, concurrency=("tea", 3))

    assert Limit.objects.get().permits == 3
    assert parked() == [False, False]


def test_a_rate_counts_the_starts_of_its_task():
    for _ in range(2):
        rarely.enqueue()

    assert parked() == [False, True]
    assert Limit.objects.get().spacing == timedelta(minutes=30)


def test_a_queue_has_a_rate_that_a_tasks_own_goes_before(settings):
    settings.TASKS_CORE = {"RATE_LIMITS": {"mail": "1/h"}}

    background.enqueue(nothing)
    background.enqueue(nothing, queue="mail")
    background.enqueue(nothing, queue="mail", rate="100/s")

    assert list(Job.objects.order_by("pk").values_list("rate_key", flat=True)) == [
        None,
        "queue:mail",
        "tests.app.tasks.nothing",
    ]


def test_a_job_with_a_limit_that_is_replaced_waits_for_its_limit_again():
    background.enqueue(nothing, concurrency=("tea", 1))
    background.defer(nothing, when=timedelta(hours=1), key="k", concurrency=("tea", 1))
    background.enqueue(nothing, key="k", on_conflict="replace", concurrency=("tea", 1))

    assert parked() == [False, True]


def test_a_job_that_is_replaced_gives_back_its_permit():
    background.enqueue(nothing, key="k", concurrency=("tea", 1))
    background.enqueue(nothing, concurrency=("tea", 1))
    background.enqueue(nothing, key="k", on_conflict="replace", concurrency=("milk", 1))

    assert parked() == [False, False]
    assert keys() == ["milk", "tea"]


def test_a_key_may_name_arguments_of_the_call():
    bill.enqueue(7)
    bill.enqueue(account_id="x")
    background.enqueue(bill, [7], {"note": "again"})

    assert keys() == ["account 7", "account x", "account 7"]


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{account_id} {note}", "7 late"),
        ("{account_id} {colour}", "7 red"),
        ("{{account_id}}", "{account_id}"),
    ],
)
def test_a_key_may_name_options_and_whatever_else_the_call_says(template, key):
    told = {"note": "late", "colour": "red"}
    background.enqueue(bill, [7], told, concurrency=(template, 1))

    assert keys() == [key]


def test_an_argument_that_the_call_leaves_out_has_its_default():
    background.enqueue(bill, [7], concurrency=("a {note} b", 1))

    assert keys() == ["a  b"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{other}", "which is no argument"),
        ("{account_id.real}", "no more"),
        ("{account_id[0]}", "no more"),
        ("{account_id!r}", "no more"),
        ("{account_id:>900}", "no more"),
        ("{}", "no more"),
        ("{account_id", "cannot be read"),
        ("{note}", "without space"),
        ("{more}", "which is no argument"),
    ],
)
def test_a_key_that_no_argument_completes_is_refused(template, words):
    with pytest.raises(InvalidCall, match=words):
        background.enqueue(bill, [7], concurrency=(template, 1))


def test_a_declared_key_that_names_no_argument_is_refused_where_it_is_declared():
    with pytest.raises(InvalidCall, match=r"'acount_id', which is no .* mean 'account_id'"):

        @task(concurrency=("{acount_id}", 2))
        def pay(account_id):
            """Nobody gets here."""


@pytest.mark.parametrize("value", [[1], {"a": 1}, None])
def test_an_argument_that_is_no_text_cannot_be_part_of_a_key(value):
    with pytest.raises(InvalidCall, match="no text"):
        background.enqueue(bill, [value])


def test_a_key_that_becomes_too_long_is_refused():
    with pytest.raises(InvalidCall, match="longer than 255"):
        background.enqueue(bill, ["x" * 250])


def test_the_key_of_uniqueness_is_taken_as_it_is():
    background.enqueue(leave_effect, ["tea"], key="a {name}")

    assert Job.objects.get().active_key == "a {name}"


def test_calls_without_limits_ask_nothing_about_limits():
    with CaptureQueriesContext(connection) as queries:
        background.enqueue(nothing)

    assert not [query for query in queries if "tasks_core_limit" in query["sql"]]


def test_many_keys_are_declared_together():
    for permits in (1, 2):  # new ones, then known ones that say something else
        calls = [Call(nothing, concurrency=(f"tea {n}", permits)) for n in range(40)]

        with CaptureQueriesContext(connection) as queries:
            background.enqueue_many(calls)

        written = [
            each["sql"] for each in queries if re.search("INTO .tasks_core_limit", each["sql"])
        ]
        assert len(written) == 1
        assert set(Limit.objects.values_list("permits", flat=True)) == {permits}


def test_nobody_is_looked_for_where_the_queue_is_paused():
    """With a hundred thousand parked there, each look would take 40 ms."""
    pause("default", "mail", now=clock.db_now())
    background.enqueue(nothing, queue="mail", concurrency=("tea", 2))

    with CaptureQueriesContext(connection) as queries:
        background.enqueue(nothing, queue="mail", concurrency=("tea", 2))

    looks = [each["sql"] for each in queries if re.match("SELECT.*parked", each["sql"])]
    assert looks == []
    assert parked() == [True, True]

    background.enqueue(nothing, concurrency=("tea", 2))

    assert parked() == [True, True, False]
