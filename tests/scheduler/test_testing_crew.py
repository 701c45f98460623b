"""The test kit: several schedulers, held back, killed, shuffled, and really at once."""

from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import connection

from scheduler.models import Occurrence, Schedule
from scheduler.signals import occurrences_recorded, schedules_synced
from scheduler.testing import schedules
from tasks_core import Call, background
from tasks_core.models import Job
from tests.app.tasks import nothing

pytestmark = pytest.mark.django_db

TEA = {"tea": {"task": nothing, "cron": "*/5 * * * *"}}
MANY = {str(number): {"task": nothing, "cron": "*/10 * * * *"} for number in range(30)}


def journey(**options):
    return schedules.travel("2026-03-10T08:00", **{"only": TEA, "schedulers": 3, **options})


@contextmanager
def receiving(signal, receiver):
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


def who():
    return list(Occurrence.objects.order_by("due_at", "pk").values_list("recorded_by", flat=True))


def test_three_schedulers_make_each_due_time_once():
    with journey() as clock:
        clock.by(hours=2)

        assert len(schedules.due_times("tea")) == 24
        schedules.assert_nothing_twice()


def test_the_order_of_turns_is_shuffled_and_the_seed_repeats_it():
    told = []
    for seed in (0, 0, 1):
        with journey(seed=seed) as clock:
            clock.by(hours=2)
        told.append(who())
        for model in (Occurrence, Schedule, Job):
            model._base_manager.all().delete()

    assert told[0] == told[1] != told[2]
    assert set(Counter(told[0])) == {f"scheduler {number} of the test" for number in (1, 2, 3)}


def test_a_failure_tells_the_seed():
    told = "1 awake, 2 awake, 3 awake; order shuffled with seed=7"
    with pytest.raises(AssertionError, match=told), journey(seed=7):
        schedules.assert_due("tea", "08:05")


def test_a_seed_is_told_by_other_errors_as_well():
    with pytest.raises(KeyError) as caught, journey(seed=7):
        raise KeyError

    assert "seed=7" in caught.value.__notes__[0]


def test_a_frozen_scheduler_goes_on_where_it_was_and_repeats_nothing():
    with journey(schedulers=2) as clock:
        clock.freeze(1)
        clock.by(minutes=30)
        assert set(who()) == {"scheduler 2 of the test"}

        clock.thaw(1)
        clock.freeze(2)
        clock.by(minutes=30)

        assert set(who()[6:]) == {"scheduler 1 of the test"}
        assert len(schedules.due_times("tea")) == 12
        schedules.assert_nothing_twice()


def test_while_all_are_frozen_nothing_is_decided_and_then_it_is_caught_up():
    with journey() as clock:
        clock.freeze()
        clock.by(hours=1)
        schedules.assert_due("tea", [])
        assert schedules.ledger("tea") == []

        clock.thaw(2)
        schedules.assert_due("tea", "09:00")
        schedules.assert_skipped("tea", "08:30", reason="coalesced")
        assert who() == ["scheduler 2 of the test"] * 2


def test_a_killed_scheduler_stays_away_until_another_takes_its_place():
    synced = []

    def note(report, **kwargs):
        synced.append(report)

    with receiving(schedules_synced, note), journey(schedulers=2) as clock:
        assert len(synced) == 2
        clock.kill(2)
        clock.thaw()  # for those that only froze
        clock.by(minutes=10)
        assert set(who()) == {"scheduler 1 of the test"}
        with pytest.raises(ValueError, match=r"Scheduler 2 was killed; restart\(2\) replaces it"):
            clock.thaw(2)

        clock.restart(2)
        clock.kill(1)
        clock.by(minutes=10)
        assert len(synced) == 3  # it reads the declarations, as a new process does
        assert set(who()[2:]) == {"scheduler 2 of the test"}
        assert "1 killed, 2 awake" in str(clock)


def test_a_restart_takes_up_what_was_declared_meanwhile(settings):
    with journey(schedulers=1) as clock:
        settings.SCHEDULE = {"coffee": TEA["tea"]}
        clock.by(minutes=5)
        schedules.assert_due("tea", "08:05")

        clock.restart()
        clock.by(minutes=5)
        schedules.assert_not_due("tea", "08:10")
        schedules.assert_due("coffee", "08:10")


@pytest.mark.parametrize("number", [0, 4, -1, "1"])
def test_a_scheduler_that_there_is_not_is_refused(number):
    with journey() as clock, pytest.raises(ValueError, match="numbered from 1 to 3"):
        clock.freeze(number)


def test_less_than_one_scheduler_is_refused():
    with pytest.raises(ValueError, match="at least 1, not 0"), journey(schedulers=0):
        pass


def test_threads_in_the_transaction_of_a_test_are_refused():
    told = "threads=True needs a TransactionTestCase"
    with pytest.raises(ValueError, match=told), journey(threads=True):
        pass


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_at_once_make_each_due_time_once():
    with journey(threads=True, only=MANY) as clock:
        clock.by(hours=1)

        assert {key: len(schedules.due_times(key)) for key in MANY} == dict.fromkeys(MANY, 6)
        schedules.assert_nothing_twice()


@pytest.mark.django_db(transaction=True)
def test_a_scheduler_that_enqueues_by_itself_as_well_is_noticed():
    """The negative control of the one before."""

    def enqueue_again(enqueued, **kwargs):
        if enqueued:
            row = Occurrence.objects.latest("due_at")
            context = {"key": row.schedule_key, "scheduled_for": row.due_at.isoformat()}
            background.enqueue_many([Call(nothing, label=row.schedule_key, context=context)])

    with receiving(occurrences_recorded, enqueue_again), journey(threads=True) as clock:
        clock.by(minutes=10)

        schedules.assert_due("tea", ["08:05", "08:10"])
        with pytest.raises(AssertionError, match="'tea' has 2 jobs for 2026-03-10 08:05"):
            schedules.assert_nothing_twice()


@pytest.mark.django_db(transaction=True)
def test_what_one_of_them_raises_is_raised():
    with journey(threads=True) as clock, pytest.raises(Exception, match="tasks_scheduler_schedule"):
        with connection.schema_editor() as editor:
            editor.alter_db_table(Schedule, "tasks_scheduler_schedule", "away")
        try:
            clock.by(minutes=5)
        finally:
            with connection.schema_editor() as editor:
                editor.alter_db_table(Schedule, "away", "tasks_scheduler_schedule")
