"""Schedules of the database: made, changed and deleted at run time, as data and never as code."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync

from scheduler import Cron, Daily, Every, schedules
from scheduler.definitions.versions import COLUMNS
from scheduler.exceptions import InvalidSchedule, InvalidTrigger, OperationRefused
from scheduler.models import Definition, Occurrence, Schedule
from scheduler.operations.entries import options_of
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.exceptions import InvalidCall, InvalidJobBackend
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.app import tasks
from tests.scheduler.operations.places import NOTHING, act, actions, acts, make
from tests.scheduler.places import HOUR, at, declare, ledger, tick

pytestmark = pytest.mark.django_db

EFFECT = "tests.app.tasks.leave_effect"


class Hourly:
    """A trigger of somebody else."""

    def next_after(self, moment):
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def spec(self):
        return "on the hour"


def columns(row):
    return Schedule.objects.filter(pk=row.pk).values(*COLUMNS).get()


def versions(key="tea"):
    rows = Definition.objects.filter(schedule_key=key).order_by("pk")
    return [(row.since, row.until, row.definition["trigger"]) for row in rows]


class TestCreate:
    def test_it_runs_from_then_on(self):
        row = make(at(8, 10), reason="the shop opens")

        assert (row.source, row.watermark, row.next_due_at) == ("database", at(8, 10), at(9))
        tick(at(9))
        assert ledger() == [(at(9), "enqueued")]
        assert versions() == [(at(8, 10), None, "cron 0 * * * * UTC")]
        assert acts() == [("create", "ada", "tea", "the shop opens")]

    def test_no_sync_touches_it(self):
        make(at(8))

        with only_declared(), FrozenClock(at(8, 30)):
            sync()

        assert Schedule.objects.get().retired_at is None

    def test_with_every_option_that_an_entry_has(self):
        row = make(
            at(8),
            task=tasks.leave_effect,
            every=timedelta(minutes=5),
            args=["tea"],
            kwargs={"sugar": 2},
            queue="kitchen",
            priority=3,
            max_attempts=2,
            catch_up="all",
            catch_up_window=3600,
            splay=timedelta(seconds=30),
            start_at="2026-03-10T09:00",
            max_runs=5,
        )

        row.refresh_from_db()
        assert (row.task, row.args, row.kwargs) == (EFFECT, ["tea"], {"sugar": 2})
        assert (row.queue, row.priority, row.max_attempts) == ("kitchen", 3, 2)
        assert (row.catch_up_window, row.splay) == (HOUR, timedelta(seconds=30))
        assert (row.start_at, row.next_due_at) == (at(9), at(9))

    def test_a_trigger_may_be_a_value_or_its_text(self):
        one = make(at(8), key="one", trigger=Daily("09:30", timezone="Europe/Paris"))
        other = make(at(8), key="other", trigger=one.trigger)

        assert one.next_due_at == other.next_due_at == at(8, 30)
        assert other.timezone == "Europe/Paris"

    def test_switched_off_it_waits(self):
        row = make(at(8), enabled=False)

        assert (row.next_due_at, versions()) == (None, [])
        act("change", at(9, 30), "tea", enabled=True)
        assert Schedule.objects.get().next_due_at == at(10)

    def test_a_moment_that_is_over_is_recorded_as_missed(self):
        make(at(8), at=at(7))

        assert ledger() == [(at(7), "missed_window")]

    @pytest.mark.parametrize(
        ("options", "error", "why"),
        [
            ({"args": "tests.app.tasks.nothing"}, InvalidSchedule, "is data, not a function"),
            ({"kwargs": dict}, InvalidSchedule, "is data, not a function"),
            ({"enabled": "os.getcwd"}, InvalidSchedule, "is data, not a function"),
            ({"previous_keys": ["coffee"]}, InvalidSchedule, "belong to declarations"),
            ({"task": "os.abort"}, InvalidSchedule, "'os.abort' is not a task"),
            ({"task": "tests.app.tasks.nothin"}, InvalidSchedule, "is not a function"),
            ({"trigger": Hourly()}, InvalidTrigger, "keeps the spec of a trigger"),
            ({"trigger": "on the hour"}, InvalidTrigger, "is not the spec"),
            ({"cron": "61 * * * *"}, InvalidTrigger, "61"),
            ({"args": [1]}, InvalidCall, "cannot be called with these arguments"),
            ({"args": [object()]}, InvalidCall, "JSON"),
            ({"colour": "green"}, InvalidSchedule, "no option 'colour'"),
            ({"overlap": "skipp"}, InvalidSchedule, "Did you mean 'skip'"),
            ({"backend": "nowhere"}, InvalidJobBackend, "nowhere"),
            ({"backend": "immediate"}, InvalidSchedule, "does not support scheduling"),
        ],
    )
    def test_what_cannot_be_is_a_sentence(self, options, error, why):
        with pytest.raises(error, match=why):
            make(at(8), **options)

        assert not Schedule.objects.exists()
        assert acts() == []

    def test_a_task_is_never_imported_because_a_text_names_it(self):
        with pytest.raises(InvalidSchedule, match="is not a task"):
            make(at(8), task="tests.scheduler.operations.explodes_on_import.task")

    def test_a_key_that_is_taken_is_refused(self):
        make(at(8))

        with pytest.raises(OperationRefused, match="change it"):
            make(at(8, 5))

    def test_and_so_is_one_of_code(self):
        declare(at(8))

        with pytest.raises(OperationRefused, match="schedule in settings"):
            make(at(8, 5))

    def test_but_not_one_that_code_has_given_up(self):
        declare(at(8))
        tick(at(9))
        with only_declared(), FrozenClock(at(9, 10)):
            sync()

        make(at(9, 30), cron="30 * * * *")
        tick(at(10, 30))

        row = Schedule.objects.get()
        assert (row.source, row.retired_at, row.declared_hash) == ("database", None, "")
        assert ledger() == [(at(9), "enqueued"), (at(10, 30), "enqueued")]


class TestMany:
    def test_thousands_are_made_at_once(self, django_assert_max_num_queries):
        entries = {
            f"tea {number}": {"task": NOTHING, "every": 60 + number % 50} for number in range(1200)
        }

        with django_assert_max_num_queries(150):
            rows = act("create_many", at(8), entries, reason="import")

        assert len(rows) == Schedule.objects.count() == Definition.objects.count() == 1200
        assert {row.next_due_at > at(8) for row in Schedule.objects.all()} == {True}
        assert len(acts()) == 1200

    def test_all_or_none(self):
        good = {"task": NOTHING, "cron": "0 * * * *"}

        with pytest.raises(InvalidSchedule, match="1 of 2 cannot be created"):
            act("create_many", at(8), {"good": good, "bad": {"task": NOTHING}})
        make(at(8))
        with pytest.raises(OperationRefused, match="already"):
            act("create_many", at(8), {"good": good, "tea": good})

        assert Schedule.objects.get().key == "tea"

    def test_they_are_due_as_if_each_were_made_alone(self):
        entry = {"task": NOTHING, "cron": "0 * * * *"}
        act("create_many", at(8), {"one": entry, "two": {**entry, "cron": "30 * * * *"}})

        tick(at(8, 30))
        tick(at(9))

        assert (ledger("one"), ledger("two")) == (
            [(at(9), "enqueued")],
            [(at(8, 30), "enqueued")],
        )


class TestChange:
    def test_what_was_due_is_decided_first_and_then_it_counts_from_now(self):
        make(at(8))

        act("change", at(9, 10), "tea", cron="30 * * * *", reason="later")
        tick(at(9, 30))

        assert ledger() == [(at(9), "enqueued"), (at(9, 30), "enqueued")]
        assert versions() == [
            (at(8), at(9, 10), "cron 0 * * * * UTC"),
            (at(9, 10), None, "cron 30 * * * * UTC"),
        ]
        assert acts()[-1] == ("change", "ada", "tea", "later")
        assert actions()[-1].details == {
            "before": {"cron": "0 * * * *"},
            "after": {"cron": "30 * * * *"},
        }

    def test_what_is_not_named_stays(self):
        make(at(8), task=EFFECT, args=["tea"], queue="kitchen", catch_up_window=HOUR)

        row = act("change", at(8, 10), "tea", kwargs={"milk": True})

        assert (row.args, row.kwargs, row.queue) == (["tea"], {"milk": True}, "kitchen")
        assert (row.catch_up_window, row.next_due_at) == (HOUR, at(9))

    def test_another_zone_for_the_same_hours(self):
        make(at(8), cron="0 9 * * *")

        row = act("change", at(8, 10), "tea", timezone="America/New_York")

        assert (row.timezone, row.next_due_at) == ("America/New_York", at(13))

    def test_another_kind_of_trigger(self):
        make(at(8), cron="0 9 * * *", timezone="Europe/Paris")

        row = act("change", at(8, 10), "tea", trigger=Every(minutes=30))

        assert (row.timezone, row.next_due_at) == ("", at(8, 30))

    def test_nothing_new_is_not_noted(self):
        make(at(8))

        act("change", at(8, 10), "tea", cron="0 * * * *")

        assert len(acts()) == len(versions()) == 1

    def test_it_heals_what_was_broken(self):
        make(at(8))
        Schedule.objects.update(
            trigger="when the cows come home", quarantined_at=at(8), next_due_at=None, error="moo"
        )

        row = act("change", at(9, 10), "tea", cron="30 * * * *")

        assert (row.quarantined_at, row.error, row.next_due_at) == (None, "", at(9, 30))

    def test_what_code_declares_is_changed_there(self):
        declare(at(8))

        with pytest.raises(OperationRefused, match="declared in settings"):
            act("change", at(8, 10), "tea", cron="30 * * * *")

    def test_other_hours_keep_their_zone(self):
        make(at(8), cron="0 9 * * *", timezone="America/New_York")

        act("change", at(8, 10), "tea", cron="0 10 * * *")
        assert Schedule.objects.get().trigger == "cron 0 10 * * * America/New_York"

        act("change", at(8, 20), "tea", every=600)
        act("change", at(8, 30), "tea", cron="0 10 * * *")
        assert Schedule.objects.get().trigger == "cron 0 10 * * * UTC"


class TestDelete:
    def test_what_was_due_is_decided_and_the_ledger_stays(self):
        make(at(8))
        tick(at(9))

        act("delete", at(10, 10), "tea", reason="closed")

        assert not Schedule.objects.exists()
        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]
        assert versions() == [(at(8), at(10, 10), "cron 0 * * * * UTC")]
        assert acts()[-1] == ("delete", "ada", "tea", "closed")

    def test_it_can_be_made_again_from_what_was_noted(self):
        make(at(8), task=EFFECT, args=["tea"], overlap="skip")
        act("delete", at(8, 10), "tea")

        entry = actions()[-1].details["entry"]
        act("create", at(8, 20), "tea", **entry)

        assert Schedule.objects.get().args == ["tea"]

    def test_made_again_it_makes_nothing_that_its_ledger_has(self):
        make(at(8))
        tick(at(9))
        act("delete", at(9, 10), "tea")

        make(at(8, 30))  # the clock was set back
        tick(at(9, 20))
        tick(at(10))

        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]
        assert Job.objects.count() == 2

    def test_a_broken_one_goes_too(self):
        make(at(8))
        Schedule.objects.update(trigger="when the cows come home", task="nowhere.tea")

        act("delete", at(9, 10), "tea")

        assert ledger() == [(at(9), "error")]

    def test_what_code_declares_stays(self):
        declare(at(8))

        with pytest.raises(OperationRefused, match="remove it there"):
            act("delete", at(8, 10), "tea")


class TestEntries:
    @pytest.mark.parametrize(
        "options",
        [
            {"cron": "0 9 * * MON", "timezone": "Europe/Paris"},
            {"every": 90},
            {"trigger": Every(hours=1, anchor=at(3))},
            {"at": "2026-03-12T09:00+00:00"},
            {"trigger": Daily("09:30", timezone="Europe/Paris")},
            {"splay": timedelta(seconds=90), "start_at": at(12), "max_runs": 3},
            {"queue": "kitchen", "priority": -3, "max_attempts": 1, "enabled": False},
            {"must_succeed_within": timedelta(days=1), "catch_up": "all", "catch_up_limit": 7},
        ],
    )
    def test_an_entry_survives_json(self, options):
        row = make(at(8), **options)

        entry = json.loads(json.dumps(options_of(row)))
        again = make(at(8), key="again", **entry)

        assert columns(again) == columns(row)

    def test_what_the_task_declares_does_not_creep_in(self):
        row = make(at(8), task="tests.app.tasks.explode_once", max_attempts=None)

        again = make(at(8), key="again", **options_of(row))

        assert row.max_attempts is None
        assert again.max_attempts is None


def test_the_front_is_light_and_knows_its_names():
    assert all(getattr(schedules, name) for name in schedules.__all__)
    with pytest.raises(AttributeError):
        schedules.brew  # noqa: B018


@pytest.mark.django_db(transaction=True)
def test_coroutines_operate_too():
    make(at(8))

    with FrozenClock(at(8, 30)):
        assert async_to_sync(schedules.apause)("tea", user="ada")

    assert Schedule.objects.get().paused_by == "ada"


def test_questions():
    make(at(8))
    tick(at(9))

    with FrozenClock(at(9, 10)):
        assert schedules.next_due_times("tea", 2) == [at(10), at(11)]
        assert schedules.next_due_times("tea", 1, after=at(20)) == [at(21)]
    assert schedules.get("tea").trigger == Cron("0 * * * *").spec()
    assert [row.due_at for row in schedules.history("tea")] == [at(9)]
    assert Occurrence.objects.count() == 1
