"""Pause and resume: nothing due is lost without a word, and what a pause held back may be had."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from scheduler.exceptions import OperationRefused, UnknownSchedule
from scheduler.models import Maintenance, Occurrence, Schedule
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.operations.places import act, actions, acts, contexts, make
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db


def paused(moment, **options):
    """Return the ledger's first due times of an hourly schedule that is paused from half past eight."""
    make(at(8), **options)
    act("pause", at(8, 30), "tea", reason="stock-taking")
    tick(moment)


def batches():
    rows = Occurrence.objects.exclude(batch="").order_by("due_at")
    return [(row.due_at, row.outcome) for row in rows]


def test_a_pause_is_noted_with_who_and_why():
    make(at(8))

    assert act("pause", at(8, 30), "tea", reason="stock-taking", until=timedelta(hours=2))

    row = Schedule.objects.get()
    assert (row.paused_at, row.paused_by, row.pause_reason) == (at(8, 30), "ada", "stock-taking")
    assert row.paused_until == at(10, 30)
    assert acts()[-1] == ("pause", "ada", "tea", "stock-taking")
    assert actions()[-1].details == {"until": at(10, 30).isoformat()}
    assert actions()[-1].at == at(8, 30)


def test_what_changes_nothing_is_not_noted():
    make(at(8))

    assert not act("resume", at(8), "tea").was_paused
    assert act("pause", at(8), "tea")
    assert not act("pause", at(8, 1), "tea")

    assert [verb for verb, *_ in acts()] == ["create", "pause"]


def test_a_pause_that_lasts_may_end_at_another_time():
    make(at(8))
    act("pause", at(8, 30), "tea", reason="stock-taking", until=at(10))
    tick(at(9))

    assert act("pause", at(9, 30), "tea", until=at(11, 30), user="bob")
    assert not act("pause", at(9, 31), "tea", until=at(11, 30))
    tick(at(11))
    tick(at(12))

    row = Schedule.objects.get()
    assert (row.paused_at, row.paused_until) == (at(8, 30), at(11, 30))
    assert (row.paused_by, row.pause_reason) == ("bob", "stock-taking")
    assert acts()[1:] == [("pause", "ada", "tea", "stock-taking"), ("pause", "bob", "tea", "")]
    assert ledger() == [(at(9), "paused"), (at(12), "enqueued")]


def test_a_pause_that_lasts_may_have_another_reason():
    make(at(8))
    act("pause", at(8, 30), "tea", reason="stock-taking", until=at(10))

    assert act("pause", at(9), "tea", reason="the cups are gone", user="bob")
    assert not act("pause", at(9, 1), "tea", reason="the cups are gone")
    assert not act("pause", at(9, 2), "tea")

    row = Schedule.objects.get()
    assert (row.paused_at, row.paused_until) == (at(8, 30), at(10))
    assert (row.paused_by, row.pause_reason) == ("bob", "the cups are gone")


def test_a_pause_cannot_end_before_it_begins():
    make(at(8))

    with pytest.raises(OperationRefused, match="until=2026-03-10T08:00:00"):
        act("pause", at(9), "tea", until=at(8))

    assert Schedule.objects.get().paused_at is None


def test_a_long_name_and_a_long_reason_fit():
    make(at(8))

    act("pause", at(8), "tea", user="a" * 400, reason="\0" * 400)

    assert Schedule.objects.get().paused_by == "a" * 255
    assert len(actions()[-1].reason) <= 255


def test_who_is_nobody_is_refused():
    make(at(8))

    with pytest.raises(OperationRefused, match=r"user= is a user, or a text .*, not 5"):
        act("pause", at(9), "tea", user=5)
    assert not Schedule.objects.get().is_paused_at(at(9))

    act("pause", at(9), "tea", user=AnonymousUser())
    assert Schedule.objects.get().paused_by == "AnonymousUser"


def test_what_is_not_there_cannot_be_paused():
    make(at(8))

    with pytest.raises(UnknownSchedule, match="Did you mean 'tea'"):
        act("pause", at(8), "tee")


def test_the_due_times_of_a_pause_are_dropped_unless_asked_for():
    paused(at(11))

    resumed = act("resume", at(11, 30), "tea")

    assert (resumed.was_paused, resumed.enqueued, resumed.batch) == (True, 0, "")
    assert ledger() == [(at(9), "paused")]
    assert not Job.objects.exists()


def test_the_latest_may_be_had():
    paused(at(11))

    resumed = act("resume", at(11, 30), "tea", catch_up="latest")

    assert resumed.enqueued == 1
    assert batches() == [(at(11), "enqueued")]
    told = contexts()[0]
    assert (told["is_catch_up"], told["is_backfill"]) == (True, False)
    assert (told["previous"], told["next"]) == (at(10).isoformat(), at(12).isoformat())


def test_or_all_of_them():
    paused(at(9))  # the pause goes on, and nobody looked at what came later

    act("resume", at(11, 30), "tea", catch_up="all", reason="the shop opens")

    assert [due_at for due_at, _ in batches()] == [at(9), at(10), at(11)]
    assert ledger()[0] == (at(9), "paused")  # which stays true
    assert acts()[-1] == ("resume", "ada", "tea", "the shop opens")
    assert actions()[-1].details["enqueued"] == 3


def test_no_more_than_the_schedule_catches_up():
    paused(at(11), catch_up_limit=2)
    act("resume", at(13, 30), "tea", catch_up="all")

    assert [due_at for due_at, _ in batches()] == [at(12), at(13)]


def test_nothing_older_than_its_window():
    paused(at(11), catch_up_window=timedelta(minutes=100))
    act("resume", at(13, 30), "tea", catch_up="all")

    assert [due_at for due_at, _ in batches()] == [at(12), at(13)]


def test_no_more_runs_than_are_left():
    paused(at(11), max_runs=2)
    act("resume", at(13, 30), "tea", catch_up="all")

    assert len(batches()) == 2


def test_nothing_that_was_due_in_maintenance_as_well():
    Maintenance.objects.create(began_at=at(9, 30), ended_at=at(10, 30))
    paused(at(11))
    act("resume", at(11, 30), "tea", catch_up="all")

    assert [due_at for due_at, _ in batches()] == [at(9), at(11)]


def test_nothing_of_a_definition_that_was_replaced_meanwhile():
    declare(at(8))
    act("pause", at(8, 30), "tea")
    other = {"tea": {"task": "tests.app.tasks.nothing", "cron": "30 * * * *"}}
    with only_declared(other), FrozenClock(at(10, 15)):
        sync()

    act("resume", at(12), "tea", catch_up="all")

    assert [due_at for due_at, _ in batches()] == [at(10, 30), at(11, 30)]


def test_a_schedule_that_is_switched_off_has_nothing_to_catch_up():
    paused(at(9), enabled=False)

    assert act("resume", at(11), "tea", catch_up="all").enqueued == 0


def test_it_goes_on_with_what_is_due_next():
    paused(at(11))
    act("resume", at(11, 30), "tea", catch_up="all")

    tick(at(12))

    planned = Occurrence.objects.filter(batch="").order_by("due_at")
    assert [(row.due_at, row.reason) for row in planned] == [(at(9), "paused"), (at(12), "")]


def test_catch_up_is_one_of_three():
    make(at(8))

    with pytest.raises(OperationRefused, match="Did you mean 'latest'"):
        act("resume", at(8), "tea", catch_up="last")
