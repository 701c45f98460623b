"""Declarations become rows: no surprise run, no due time without a record."""

import pytest
from django.db import OperationalError
from django.test import override_settings

from scheduler import Cron, declarations, periodic, signals
from scheduler.definitions import revisions
from scheduler.definitions.releases import is_older
from scheduler.models import Occurrence, Schedule
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.scheduler.places import at, ledger, tick

pytestmark = pytest.mark.django_db

HOURLY = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}
HALF_PAST = {**HOURLY, "cron": "30 * * * *"}


def synced(moment, force=False, **schedule):
    with only_declared(schedule), FrozenClock(moment):
        return sync(force=force)


def tea():
    return Schedule.objects.get(key="tea")


def test_a_new_schedule_begins_now():
    report = synced(at(8, 15), tea=HOURLY)

    row = tea()
    assert report.created == ["tea"]
    assert (row.watermark, row.floor, row.known_since) == (at(8, 15),) * 3
    assert (row.next_due_at, row.source, row.timezone) == (at(9), "settings", "UTC")
    assert row.trigger == "cron 0 * * * * UTC"


def test_doing_it_again_changes_nothing(django_assert_num_queries):
    synced(at(8), tea=HOURLY)

    with django_assert_num_queries(2):
        report = synced(at(12), tea=HOURLY)

    assert report.unchanged == ["tea"]
    assert tea().watermark == at(8)


def test_a_changed_argument_keeps_what_is_due():
    synced(at(8), tea=HOURLY)

    report = synced(
        at(9, 15), tea={**HOURLY, "task": "tests.app.tasks.leave_effect", "args": ["x"]}
    )
    tick(at(9, 20))

    assert report.changed == ["tea"]
    assert ledger() == [(at(9), "enqueued")]
    assert Job.objects.get().args == ["x"]


def test_a_changed_trigger_settles_the_old_one_and_begins_now():
    synced(at(8), tea=HOURLY)

    synced(at(9, 15), tea=HALF_PAST)
    tick(at(9, 20))
    tick(at(9, 30))

    assert ledger() == [(at(9), "enqueued"), (at(9, 30), "overlap")]
    hashes = Occurrence.objects.order_by("due_at").values_list("definition_hash", flat=True)
    assert len(set(hashes)) == 2


def test_a_changed_zone_is_a_changed_trigger():
    synced(at(8), tea={**HOURLY, "cron": "0 9 * * *", "timezone": "UTC"})

    synced(at(8, 30), tea={**HOURLY, "cron": "0 9 * * *", "timezone": "Europe/Paris"})
    tick(at(9, 5))

    assert ledger() == []
    assert tea().next_due_at == at(8, days=1)


def test_an_old_definition_that_cannot_run_any_more_is_recorded():
    synced(at(8), tea=HOURLY)
    Schedule.objects.update(task="nowhere.tea")

    synced(at(9, 15), tea=HALF_PAST)

    assert ledger() == [(at(9), "replaced")]


def test_an_old_trigger_that_nobody_knows_any_more_is_recorded():
    synced(at(8), tea=HOURLY)
    Schedule.objects.update(trigger="when the cows come home")

    synced(at(9, 15), tea=HALF_PAST)

    assert ledger() == [(at(9), "replaced")]
    assert Occurrence.objects.get().count is None


def test_a_schedule_that_failed_works_again_after_a_correction():
    synced(at(8), tea=HOURLY)
    Schedule.objects.update(
        error="boom",
        error_count=5,
        quarantined_at=at(9),
        next_due_at=None,
        declared_hash="old",
    )

    synced(at(12, 15), tea=HOURLY)
    tick(at(12, 15))

    assert ledger() == [(at(9), "coalesced"), (at(12), "enqueued")]
    assert tea().error == ""


def test_what_is_not_declared_any_more_retires_and_keeps_its_history():
    synced(at(8), tea=HOURLY)
    tick(at(9))

    report = synced(at(9, 30))
    tick(at(10))

    assert report.retired == ["tea"]
    assert tea().retired_at == at(9, 30)
    assert ledger() == [(at(9), "enqueued")]
    assert synced(at(11)).retired == []


def test_what_was_due_before_retirement_is_decided():
    synced(at(8), tea=HOURLY)

    synced(at(9, 30))

    assert ledger() == [(at(9), "enqueued")]


def test_a_disabled_schedule_retires_in_silence():
    synced(at(8), tea={**HOURLY, "enabled": False})

    assert synced(at(9, 30)).retired == ["tea"]
    assert ledger() == []


def test_who_comes_second_changes_nothing():
    synced(at(8), tea=HOURLY)
    with only_declared({"tea": HALF_PAST}), FrozenClock(at(8, 30)):
        declaration = declarations.declared()["tea"]
        assert [revisions.write(declaration) for _ in "ab"] == ["changed", "unchanged"]
    with FrozenClock(at(9, 45)):
        assert [revisions.retire("tea") for _ in "ab"] == ["retired", "unchanged"]

    assert ledger() == [(at(9, 30), "enqueued")]


def test_what_comes_back_begins_now():
    synced(at(8), tea=HOURLY)
    synced(at(8, 30))

    report = synced(at(12, 30), tea=HOURLY)
    tick(at(13))

    assert report.restored == ["tea"]
    assert ledger() == [(at(13), "enqueued")]


def test_a_disabled_schedule_is_never_due():
    synced(at(8), tea={**HOURLY, "enabled": False})
    tick(at(9))
    synced(at(12, 30), tea=HOURLY)
    tick(at(13))

    assert ledger() == [(at(13), "enqueued")]


def test_disabling_decides_what_was_due():
    synced(at(8), tea=HOURLY)

    synced(at(9, 30), tea={**HOURLY, "enabled": False})

    assert ledger() == [(at(9), "enqueued")]


def test_a_schedule_may_be_switched_off_and_on_again_and_again():
    off = {**HOURLY, "enabled": False}

    for minute, entry in enumerate([HOURLY, off, HOURLY, off, HOURLY]):
        report = synced(at(8, minute), tea=entry)
        assert report.refused == {}
        assert tea().enabled == entry.get("enabled", True)

    assert (tea().replaced_hashes, tea().next_due_at) == ([], at(9))


def test_an_at_that_is_over_is_recorded_with_a_warning(django_capture_on_commit_callbacks):
    told = []

    def listen(key, due_at, **kwargs):
        told.append((key, due_at))

    signals.schedule_missed.connect(listen)
    once = {"task": "tests.app.tasks.nothing", "at": at(7)}
    with django_capture_on_commit_callbacks(execute=True):
        synced(at(8), tea=once)
        synced(at(8, 30), tea=once)
    tick(at(9))
    signals.schedule_missed.disconnect(listen)

    assert ledger() == [(at(7), "missed_window")]
    assert told == [("tea", at(7))]
    assert tea().next_due_at is None


def test_a_row_of_the_database_is_not_overwritten():
    synced(at(8), tea=HOURLY)
    Schedule.objects.update(source="database")

    report = synced(at(9), tea=HALF_PAST)

    assert "made in the database" in report.refused["tea"]
    assert tea().trigger == "cron 0 * * * * UTC"
    assert synced(at(9)).retired == []


class TestWrongDeclarations:
    def test_one_stops_no_other(self):
        report = synced(at(8), tea=HOURLY, coffee={"task": "tests.app.tasks.nothing"})

        assert report.created == ["tea"]
        assert "SCHEDULE['coffee']: Say exactly one of" in report.refused["coffee"]

    def test_its_row_stays_and_runs(self):
        synced(at(8), tea=HOURLY)

        report = synced(at(8, 30), tea={**HOURLY, "cron": "61 * * * *"})
        tick(at(9))

        assert (report.retired, list(report.refused)) == ([], ["tea"])
        assert ledger() == [(at(9), "enqueued")]

    @pytest.mark.parametrize("wrong", [None, [HOURLY], "tea"])
    def test_nothing_retires_while_nobody_knows_what_there_is(self, wrong):
        synced(at(8), tea=HOURLY)

        with only_declared(), override_settings(SCHEDULE=wrong), FrozenClock(at(8, 30)):
            report = sync()

        assert "is a dict of entries" in report.refused["SCHEDULE"]
        assert tea().retired_at is None

    def test_a_trigger_may_call_its_own_things_zone_and_count(self):
        class Parking:
            zone = count = "x" * 100

            def next_after(self, moment):
                return None

            def spec(self):
                return "parking"

        assert synced(at(8), tea={"task": HOURLY["task"], "trigger": Parking()}).created == ["tea"]
        assert tea().timezone == ""

    def test_of_two_with_one_key_neither_is_written(self):
        synced(at(8), tea=HOURLY)
        with only_declared({"tea": HALF_PAST}), FrozenClock(at(8, 30)):
            periodic("1 * * * *", key="tea")(nothing)
            report = sync()

        assert "is taken by" in report.refused["tea"]
        assert tea().trigger == "cron 0 * * * * UTC"

    @pytest.mark.parametrize("verb", ["next_after", "spec"])
    @pytest.mark.parametrize("error", [ZeroDivisionError, OperationalError, SystemExit])
    def test_a_trigger_that_raises_is_refused(self, verb, error):
        class Wrong(Cron):
            pass

        def fail(*args):
            raise error("no tea")

        setattr(Wrong, verb, fail)
        wrong = {"task": "tests.app.tasks.nothing", "trigger": Wrong("0 * * * *")}

        report = synced(at(8), tea=HOURLY, wrong=wrong)

        assert report.created == ["tea"]
        assert f"{error.__name__}: no tea" in report.refused["wrong"]


class TestRollingDeploys:
    def test_without_releases_what_was_replaced_stays_replaced(self):
        synced(at(8), tea=HOURLY)
        synced(at(8, 10), tea=HALF_PAST)

        old_process = synced(at(8, 20), tea=HOURLY)

        assert "--force" in old_process.refused["tea"]
        assert tea().trigger == "cron 30 * * * * UTC"

    def test_until_somebody_insists(self):
        synced(at(8), tea=HOURLY)
        synced(at(8, 10), tea=HALF_PAST)

        assert synced(at(8, 20), force=True, tea=HOURLY).changed == ["tea"]
        assert "tea" in synced(at(8, 30), tea=HALF_PAST).refused

    def test_an_older_release_neither_changes_nor_retires(self, settings):
        settings.SCHEDULER = {"RELEASE": "v1.10"}
        synced(at(8), tea=HOURLY)
        settings.SCHEDULER = {"RELEASE": "v1.9"}

        changed, retired = synced(at(8, 10), tea=HALF_PAST), synced(at(8, 20))

        assert "v1.9 is older than v1.10" in changed.refused["tea"]
        assert "tea" in retired.refused
        assert (tea().retired_at, tea().next_due_at) == (None, at(9))

    def test_a_newer_release_may_bring_back_what_was_replaced(self, settings):
        for release, entry in [("1", HOURLY), ("2", HALF_PAST), ("3", HOURLY)]:
            settings.SCHEDULER = {"RELEASE": release}
            report = synced(at(8), tea=entry)

        assert report.changed == ["tea"]
        assert (tea().release, tea().trigger) == ("3", "cron 0 * * * * UTC")

    def test_a_newer_release_signs_what_it_leaves_as_it_is(self, settings):
        for release in ("1", "2"):
            settings.SCHEDULER = {"RELEASE": release}
            synced(at(8), tea=HOURLY)
        settings.SCHEDULER = {"RELEASE": "1"}

        assert "tea" in synced(at(8), tea=HALF_PAST).refused

    def test_a_newer_release_changes_no_more_than_its_signature(self, settings):
        settings.SCHEDULER = {"RELEASE": "1"}
        synced(at(8), tea=HOURLY)
        stuck = {
            "quarantined_at": at(8, 5),
            "next_due_at": None,
            "error": "boom",
            "error_count": 5,
        }
        Schedule.objects.update(**stuck)
        before = Schedule.objects.values().get()
        settings.SCHEDULER = {"RELEASE": "2"}

        report = synced(at(8, 10), tea=HOURLY)

        assert report.unchanged == ["tea"]
        assert Schedule.objects.values().get() == before | {"release": "2"}

    def test_the_hashes_it_remembers_are_bounded(self):
        for minute in range(40):
            synced(at(8), tea={**HOURLY, "cron": f"{minute} * * * *"})

        assert len(tea().replaced_hashes) == 20

    @pytest.mark.parametrize(
        ("older", "newer"), [("41", "42"), ("9", "10"), ("v1.9", "v1.10"), ("2026-1", "2026-02")]
    )
    def test_releases_have_an_order(self, older, newer):
        assert is_older(older, newer)
        assert not is_older(newer, older)

    @pytest.mark.parametrize("release", ["v1", "", None])
    def test_and_otherwise_none(self, release):
        assert not is_older(release, release)
        assert not is_older(None, release)
