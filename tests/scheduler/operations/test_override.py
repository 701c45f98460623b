"""Overrides: what code declares, otherwise for a while; and maintenance, for all of them."""

from datetime import timedelta

import pytest

from scheduler import Every
from scheduler.exceptions import InvalidSchedule, InvalidTrigger, OperationRefused
from scheduler.models import Maintenance, Schedule
from scheduler.operations import current_maintenance
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.operations.places import act, actions, acts, make
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

ENTRY = {"task": "tests.app.tasks.leave_effect", "cron": "0 * * * *", "args": ["tea"]}


def brewed():
    return ["brewed"]


def deploy(moment, **options):
    with only_declared({"tea": {**ENTRY, **options}}), FrozenClock(moment):
        return sync()


class TestOverride:
    def test_another_trigger_counts_from_now(self):
        declare(at(8), **ENTRY)

        act("override", at(9, 10), "tea", cron="30 * * * *", reason="the night is long")
        tick(at(9, 30))

        row = Schedule.objects.get()
        assert ledger()[0] == (at(9), "enqueued")
        assert (row.overridden_by, row.override_reason) == ("ada", "the night is long")
        assert row.overridden_at == at(9, 10)
        assert row.next_due_at == at(10, 30)
        assert acts()[-1] == ("override", "ada", "tea", "the night is long")

    def test_a_deploy_keeps_it_and_says_so(self):
        declare(at(8), **ENTRY)
        act("override", at(8, 10), "tea", cron="30 * * * *")

        report = deploy(at(8, 20), args=["coffee"])

        row = Schedule.objects.get()
        assert (row.trigger, row.args) == ("cron 30 * * * * UTC", ["coffee"])
        assert report.overridden == ["tea"]

    def test_restored_it_is_as_the_last_deploy_declares(self):
        declare(at(8), **ENTRY)
        act("override", at(8, 10), "tea", cron="30 * * * *")
        deploy(at(8, 20), cron="15 * * * *")

        assert act("restore", at(8, 40), "tea", reason="morning")
        assert not act("restore", at(8, 50), "tea")

        row = Schedule.objects.get()
        assert (row.trigger, row.override, row.declared) == ("cron 15 * * * * UTC", None, None)
        assert (row.next_due_at, row.overridden_by) == (at(9, 15), "")
        assert [verb for verb, *_ in acts()] == ["override", "restore"]
        assert deploy(at(8, 55), cron="15 * * * *").unchanged == ["tea"]

    def test_one_thing_after_the_other(self):
        declare(at(8), **ENTRY)

        act("override", at(8, 10), "tea", args=["coffee"])
        act("override", at(8, 20), "tea", trigger=Every(minutes=30))

        row = Schedule.objects.get()
        assert (row.args, row.next_due_at) == (["coffee"], at(8, 30))
        assert row.declared == {
            "args": ["tea"],
            "args_from": "",
            "trigger": "cron 0 * * * * UTC",
            "timezone": "UTC",
        }
        act("restore", at(8, 25), "tea")
        row.refresh_from_db()
        assert (row.args, row.next_due_at) == (["tea"], at(9))

    def test_another_zone_for_the_same_hours(self):
        declare(at(8), **{**ENTRY, "cron": "0 9 * * *"})

        act("override", at(8, 10), "tea", timezone="America/New_York")

        assert Schedule.objects.get().next_due_at == at(13)

    def test_other_hours_in_the_same_zone(self):
        declare(at(8), **{**ENTRY, "cron": "0 9 * * *", "timezone": "America/New_York"})

        act("override", at(8, 10), "tea", cron="0 10 * * *")

        row = Schedule.objects.get()
        assert (row.trigger, row.next_due_at) == ("cron 0 10 * * * America/New_York", at(14))

    def test_computed_arguments_give_way(self):
        entry = {**ENTRY, "args": brewed}
        declare(at(8), **entry)

        act("override", at(8, 10), "tea", args=["coffee"], entries={"tea": entry})
        tick(at(9))

        assert Job.objects.get().args == ["coffee"]
        with only_declared({"tea": entry}), FrozenClock(at(9, 10)):
            act("restore", at(9, 20), "tea", entries={"tea": entry})
        assert Schedule.objects.get().args_from.endswith("brewed")

    def test_the_same_again_is_not_noted(self):
        declare(at(8), **ENTRY)
        act("override", at(8, 10), "tea", args=["coffee"])
        act("override", at(8, 20), "tea", args=["coffee"])

        assert len(actions()) == 1

    @pytest.mark.parametrize(
        ("options", "error", "why"),
        [
            ({}, InvalidSchedule, "Say what"),
            ({"queue": "kitchen"}, InvalidSchedule, "cannot be overridden"),
            ({"crom": "0 * * * *"}, InvalidSchedule, "Did you mean 'cron'"),
            ({"args": []}, InvalidCall, "cannot be called"),
            ({"args": "tea"}, InvalidCall, "must be a list"),
            ({"cron": "0 * * * *", "every": 60}, InvalidSchedule, "exactly one"),
            ({"trigger": "on the hour"}, InvalidTrigger, "is not the spec"),
        ],
    )
    def test_what_cannot_be_is_a_sentence(self, options, error, why):
        declare(at(8), **ENTRY)

        with pytest.raises(error, match=why):
            act("override", at(8, 10), "tea", **options)

        assert Schedule.objects.get().override is None

    def test_what_is_of_the_database_is_changed(self):
        make(at(8))

        with pytest.raises(OperationRefused, match="change it"):
            act("override", at(8, 10), "tea", cron="30 * * * *")

    def test_what_is_retired_stays_so(self):
        declare(at(8), **ENTRY)
        with only_declared(), FrozenClock(at(8, 5)):
            sync()

        with pytest.raises(OperationRefused, match="it is retired"):
            act("override", at(8, 10), "tea", cron="30 * * * *")


class TestMaintenance:
    def test_what_is_due_meanwhile_is_skipped(self):
        make(at(8))

        assert act("begin_maintenance", at(8, 30), reason="the pipes")
        tick(at(9))
        assert act("end_maintenance", at(9, 30), reason="tight again")
        tick(at(10))

        assert ledger() == [(at(9), "maintenance"), (at(10), "enqueued")]
        assert [(verb, reason) for verb, _, key, reason in acts() if not key] == [
            ("begin maintenance", "the pipes"),
            ("end maintenance", "tight again"),
        ]

    def test_what_was_due_before_becomes_a_job(self):
        make(at(8))

        act("begin_maintenance", at(9, 10))
        tick(at(9, 20))

        assert ledger() == [(at(9), "enqueued")]

    def test_it_may_end_by_itself(self):
        make(at(8))
        act("begin_maintenance", at(8, 30), until=timedelta(hours=1))

        tick(at(9))
        tick(at(10))

        assert ledger() == [(at(9), "maintenance"), (at(10), "enqueued")]
        assert not act("end_maintenance", at(10))

    def test_once_is_enough(self):
        assert act("begin_maintenance", at(8))
        assert not act("begin_maintenance", at(8, 10))
        with FrozenClock(at(8, 20)):
            assert current_maintenance().began_at == at(8)
        assert act("end_maintenance", at(9))
        assert not act("end_maintenance", at(9))

        assert Maintenance.objects.get().ended_at == at(9)

    def test_who_runs_by_hand_may_do_so(self):
        make(at(8))
        act("begin_maintenance", at(8, 10))

        assert act("run", at(8, 20), "tea").job_id is not None
