"""Workers are told of what was committed: after the commit, seldom, and never of anything else."""

from uuid import uuid4

import pytest
from django.db import connection, transaction

from tasks_core import clock
from tasks_core.backends.database.wakeup import telling as wakeup
from tasks_core.backends.database.wakeup.telling import (
    DEFERRED,
    EVERYTHING,
    FEW,
    INTERVAL,
    ask_for_cancel,
    notification_due,
    wake_after_commit,
)
from tests.tasks_core.notifications import listening

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.vendor("postgresql")


@pytest.fixture(autouse=True)
def _nothing_was_sent():
    wakeup._sent.clear()


@pytest.fixture
def ear():
    with listening() as ear:
        yield ear


class UndoneError(Exception):
    pass


@on_postgresql
def test_outside_of_a_transaction_workers_are_told_at_once(ear):
    wake_after_commit("default", ["tea"])

    assert ear.heard() == ["tea"]


@on_postgresql
def test_inside_of_one_they_are_told_after_its_commit(ear):
    with transaction.atomic():
        wake_after_commit("default", ["tea"])
        assert ear.heard() == []

    assert ear.heard() == ["tea"]


@on_postgresql
def test_of_what_was_rolled_back_nobody_hears(ear):
    with pytest.raises(UndoneError), transaction.atomic():
        wake_after_commit("default", ["tea"])
        raise UndoneError

    assert ear.heard() == []


@on_postgresql
def test_of_what_a_savepoint_took_back_nobody_hears(ear):
    with transaction.atomic():
        wake_after_commit("default", ["tea"])
        with pytest.raises(UndoneError), transaction.atomic():
            wake_after_commit("default", ["coffee"])
            raise UndoneError

    assert ear.heard() == ["tea"]


@on_postgresql
def test_a_rolled_back_transaction_does_not_silence_the_next(ear):
    with pytest.raises(UndoneError), transaction.atomic():
        wake_after_commit("default", ["tea"])
        raise UndoneError
    wake_after_commit("default", ["tea"])

    assert ear.heard() == ["tea"]


@on_postgresql
def test_a_burst_is_told_of_once_in_five_milliseconds(ear):
    began = clock.monotonic()
    for _ in range(1000):
        wake_after_commit("default", ["tea"])
    lasted = clock.monotonic() - began

    assert 1 <= len(ear.heard()) <= 1 + lasted / INTERVAL


@on_postgresql
def test_without_the_interval_every_call_is_told(ear, monkeypatch):
    monkeypatch.setattr(wakeup, "INTERVAL", 0.0)

    for _ in range(50):
        wake_after_commit("default", ["tea"])

    assert len(ear.heard()) == 50


@on_postgresql
def test_a_thousand_in_one_transaction_are_told_of_after_it(ear):
    with transaction.atomic():
        for _ in range(1000):
            wake_after_commit("default", ["tea"])
        began = clock.monotonic()
    lasted = clock.monotonic() - began

    assert 1 <= len(ear.heard()) <= 1 + lasted / INTERVAL


@on_postgresql
def test_queues_do_not_silence_each_other(ear):
    wake_after_commit("default", ["tea"])
    wake_after_commit("default", ["coffee", DEFERRED])

    assert sorted(ear.heard()) == ["coffee", "tea", DEFERRED]


@on_postgresql
def test_of_many_queues_it_is_said_that_there_are_many(ear):
    wake_after_commit("default", [f"queue-{number}" for number in range(FEW + 1)])

    assert ear.heard() == [EVERYTHING]


@on_postgresql
def test_a_cancel_request_is_addressed_to_a_process(ear):
    owner = uuid4()

    ask_for_cancel("default", [owner])

    assert ear.heard() == [f"!{owner}"]


@on_postgresql
def test_a_notification_that_cannot_be_sent_fails_nothing(ear, caplog):
    wake_after_commit("default", ["t" * 9000])  # PostgreSQL takes 7,999 bytes

    assert ear.heard() == []
    assert "workers could not be notified" in caplog.text


@pytest.mark.vendor("sqlite", "mysql")
def test_elsewhere_nothing_is_sent(django_assert_num_queries):
    with django_assert_num_queries(0):
        wake_after_commit("default", ["tea"])

    assert connection.run_on_commit == []


def test_within_five_milliseconds_one_asker_is_told_yes(monkeypatch):
    now = 100.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)

    assert notification_due("default", "tea")
    assert not notification_due("default", "tea")
    assert notification_due("default", "coffee")
    assert notification_due("queue", "tea")

    now += 2 * INTERVAL
    assert notification_due("default", "tea")


def test_queues_that_somebody_makes_up_are_forgotten():
    for number in range(5000):
        notification_due("default", f"made-up-{number}")

    assert len(wakeup._sent) <= 1001
