"""What a schedule said, and when: versions, new keys, and overrides that a deploy keeps."""

import pytest

from scheduler import schedules
from scheduler.definitions import versions
from scheduler.definitions.hashes import hash_of
from scheduler.models import Calendar, Definition, Occurrence, OperatorAction, Schedule
from scheduler.process import Scheduler
from scheduler.sync import sync
from scheduler.testing import only_declared
from scheduler.upkeep import purge
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import at, ledger, tick

pytestmark = pytest.mark.django_db

HOURLY = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}
HALF_PAST = {**HOURLY, "cron": "30 * * * *"}


def synced(moment, **schedule):
    with only_declared(schedule), FrozenClock(moment):
        return sync()


def history(key="tea"):
    rows = Definition.objects.filter(schedule_key=key).order_by("since", "pk")
    return [(row.definition["trigger"], row.since, row.until) for row in rows]


class TestVersions:
    def test_the_first_begins_when_it_is_first_seen(self):
        synced(at(8), tea=HOURLY)

        assert history() == [("cron 0 * * * * UTC", at(8), None)]

    def test_another_trigger_ends_the_one_before(self):
        synced(at(8), tea=HOURLY)
        synced(at(9, 5), tea=HALF_PAST)

        assert history() == [
            ("cron 0 * * * * UTC", at(8), at(9, 5)),
            ("cron 30 * * * * UTC", at(9, 5), None),
        ]

    def test_other_arguments_count_from_what_is_undecided(self):
        synced(at(8), tea=HOURLY)
        synced(at(9, 5), tea={**HOURLY, "queue": "mail"})

        assert history()[0][1:] == (at(8), at(8))
        assert history()[1][1:] == (at(8), None)

    def test_what_is_retired_or_disabled_is_due_no_more(self):
        synced(at(8), tea=HOURLY, coffee=HOURLY)
        synced(at(9, 5), coffee={**HOURLY, "enabled": False})

        assert history("tea") == [("cron 0 * * * * UTC", at(8), at(9, 5))]
        assert history("coffee") == [("cron 0 * * * * UTC", at(8), at(9, 5))]

    def test_and_begins_anew_when_it_comes_back(self):
        synced(at(8), tea=HOURLY)
        synced(at(9, 5))
        synced(at(11, 5), tea=HOURLY)

        assert history()[1] == ("cron 0 * * * * UTC", at(11, 5), None)
        assert ledger() == [(at(9), "enqueued")]

    def test_the_ledger_names_the_version(self):
        synced(at(8), tea=HOURLY)
        tick(at(9))

        (version,) = Definition.objects.all()
        assert Occurrence.objects.get().definition_hash == version.definition_hash

    def test_a_row_hashes_as_its_declaration_does(self):
        synced(at(8), tea={**HOURLY, "kwargs": {"b": 1, "a": [2]}, "start_at": "2026-04-01"})

        row = Schedule.objects.get()
        said = versions.definition_of(row)
        assert hash_of(said) == row.definition_hash
        # The content of a calendar changes without a deploy, and so is no part of it.
        del said["calendar_rules"]
        assert hash_of(said) == row.declared_hash

    def test_to_look_again_writes_nothing(self, django_assert_num_queries):
        synced(at(8), tea=HOURLY, coffee=HALF_PAST)

        with django_assert_num_queries(2):  # the rows, and calendars of others
            report = synced(at(8, 5), tea=HOURLY, coffee=HALF_PAST)
        assert sorted(report.unchanged) == ["coffee", "tea"]


class TestNewKeys:
    GREEN = {**HOURLY, "previous_keys": ["tea"]}

    def test_the_ledger_goes_on(self):
        synced(at(8), tea=HOURLY)
        tick(at(9))

        report = synced(at(9, 5), green=self.GREEN)

        assert (report.renamed, report.retired) == (["green"], [])
        tick(at(10))
        assert ledger("tea") == []
        assert ledger("green") == [(at(9), "enqueued"), (at(10), "overlap")]
        assert len(history("green")) == 2

    def test_the_job_of_the_old_key_still_counts_as_the_previous_one(self):
        synced(at(8), tea=HOURLY)
        tick(at(9))
        synced(at(9, 5), green=self.GREEN)
        with FrozenClock(at(9, 30)):
            drain()

        tick(at(10))

        assert ledger("green") == [(at(9), "enqueued"), (at(10), "enqueued")]
        assert Occurrence.objects.get(due_at=at(9)).job_state == "successful"

    def test_what_was_due_is_decided_under_the_old_one(self):
        synced(at(8), tea=HOURLY)

        synced(at(9, 5), green={**HALF_PAST, "previous_keys": ["tea"]})

        assert ledger("green") == [(at(9), "enqueued")]
        assert Schedule.objects.get(key="green").next_due_at == at(9, 30)

    def test_a_pause_goes_on(self):
        synced(at(8), tea=HOURLY)
        Schedule.objects.update(paused_at=at(8, 30), paused_by="ann", pause_reason="holiday")

        synced(at(9, 5), green=self.GREEN)
        tick(at(10))

        assert ledger("green") == [(at(9), "paused")]
        assert Occurrence.objects.get().count == 2

    def test_a_process_of_the_release_before_does_not_bring_the_old_one_back(self):
        synced(at(8), tea=HOURLY)
        synced(at(9, 5), green=self.GREEN)

        report = synced(at(9, 10), tea=HOURLY)

        assert "was renamed to 'green'" in report.refused["tea"]
        assert Schedule.objects.get(key="tea").next_due_at is None

    def test_operators_acts_go_along(self):
        synced(at(8), tea=HOURLY)
        OperatorAction.objects.create(at=at(8), by="ann", verb="pause", schedule_key="tea")

        synced(at(9, 5), green=self.GREEN)

        assert OperatorAction.objects.get().schedule_key == "green"

    def test_a_key_that_is_still_declared_is_no_former_one(self):
        report = synced(at(8), tea=HOURLY, green=self.GREEN)

        assert "'tea' is still declared" in report.refused["green"]
        assert report.created == ["tea"]

    def test_a_new_project_knows_no_former_key(self):
        assert synced(at(8), green=self.GREEN).created == ["green"]


class TestOverrides:
    OVERRIDE = {"trigger": "cron 15 * * * * UTC", "timezone": "UTC"}

    def overridden(self):
        synced(at(8), tea=HOURLY)
        Schedule.objects.update(override=self.OVERRIDE, overridden_by="ann", **self.OVERRIDE)

    def test_a_deploy_keeps_it_and_says_so(self):
        self.overridden()

        report = synced(at(8, 5), tea={**HALF_PAST, "queue": "mail"})

        row = Schedule.objects.get()
        assert (report.changed, report.overridden) == (["tea"], ["tea"])
        assert "overridden, and kept so: 'tea'" in str(report)
        assert (row.trigger, row.queue) == ("cron 15 * * * * UTC", "mail")
        assert row.declared == {"trigger": "cron 30 * * * * UTC", "timezone": "UTC"}
        assert row.next_due_at == at(8, 15)

    def test_the_same_declaration_changes_nothing(self):
        self.overridden()

        assert synced(at(8, 5), tea=HOURLY).unchanged == ["tea"]


class TestGoingBack:
    GREEN = {**HOURLY, "previous_keys": ["tea"]}

    def test_the_release_before_leaves_the_renamed_one_running(self):
        synced(at(8), tea=HOURLY)
        synced(at(8, 30), green=self.GREEN)

        report = synced(at(8, 40), tea=HOURLY)

        assert report.retired == []
        assert Schedule.objects.get(key="green").next_due_at == at(9)

    def test_and_who_insists_gets_the_old_key_back(self):
        synced(at(8), tea=HOURLY)
        synced(at(8, 30), green=self.GREEN)
        with only_declared({"tea": HOURLY}), FrozenClock(at(8, 40)):
            report = sync(force=True)
            again = sync()

        assert report.restored == ["tea"]
        assert again.retired == ["green"] or report.retired == ["green"]

    def test_a_schedule_that_was_off_makes_up_for_nothing_under_its_new_key(self):
        synced(at(8), tea=HOURLY, coffee=HOURLY)
        synced(at(8, 30), coffee=HOURLY)

        synced(at(12, 30), coffee=HOURLY, green=self.GREEN)
        tick(at(12, 31))

        assert ledger("green") == []
        assert Schedule.objects.get(key="green").next_due_at == at(13)

    def test_a_key_with_a_past_of_its_own_takes_over_nothing(self):
        synced(at(8), green=HOURLY)
        tick(at(9))
        synced(at(9, 5), tea=HOURLY)
        Schedule.objects.filter(key="green").delete()

        report = synced(at(9, 10), green=self.GREEN)

        assert "'green' had a schedule before" in report.refused["green"]


def test_a_manual_run_of_what_is_retired_does_not_stop_the_purge():
    synced(at(8), tea=HOURLY)
    synced(at(8, 30))
    with FrozenClock(at(9)):
        schedules.run("tea", user="ann")
    with FrozenClock(at(9, days=365)):
        purged = purge()

    assert purged == 1
    assert Schedule.objects.get().floor == at(8)


def test_a_calendar_of_the_settings_reaches_schedules_of_the_database(settings):
    settings.SCHEDULER = {"CALENDARS": {"free": {"dates": ["2026-03-10"]}}}
    daily = {"cron": "0 9 * * *", "calendar": "free", "calendar_action": "next"}
    with FrozenClock(at(8)):
        schedules.create("tea", **{**HOURLY, **daily})
    settings.SCHEDULER = {"CALENDARS": {"free": {"dates": ["2026-03-11"]}}}

    report = synced(at(8, 30))

    assert report.changed == ["tea"]
    assert Schedule.objects.get().next_due_at == at(9)
    assert synced(at(8, 40)).changed == []


def test_calendars_of_the_database_are_asked_for_once(django_assert_num_queries):
    Calendar.objects.create(name="free", rules={"dates": ["2026-03-10"]})
    declared = {f"tea {n}": {**HOURLY, "calendar": "free"} for n in range(20)}
    synced(at(8), **declared)

    with django_assert_num_queries(3):
        assert len(synced(at(8, 5), **declared).unchanged) == 20


def test_a_removed_task_of_a_declared_schedule_is_set_back():
    synced(at(8), tea=HOURLY)
    gone = "tests.app.tasks.gone"
    Schedule.objects.update(task=gone)

    with only_declared({"tea": {**HOURLY, "task": gone}}), FrozenClock(at(9)):
        Scheduler().run_once()

    row = Schedule.objects.get()
    assert "not a function" in row.error
    assert row.error_count == 1
