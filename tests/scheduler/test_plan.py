"""What a deploy would change is what it then changes; and asking changes nothing."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from scheduler import Cron, Every, operations
from scheduler.models import Schedule
from scheduler.questions.deploy import plan
from scheduler.questions.deploy.costs import Rates
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import at, tick

pytestmark = pytest.mark.django_db

HOURLY = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}
HALF_PAST = HOURLY | {"cron": "30 * * * *"}


def synced(moment, **schedule):
    with only_declared(schedule), FrozenClock(moment):
        return sync()


def planned(moment, force=False, **schedule):
    with only_declared(schedule), FrozenClock(moment):
        return plan(force=force)


def does(found):
    return {change.key: change.does for change in found.changes}


def change(found, key="tea"):
    return next(each for each in found.changes if each.key == key)


CASES = {
    "created": ({}, {"tea": HOURLY}),
    "unchanged": ({"tea": HOURLY}, {"tea": HOURLY}),
    "trigger": ({"tea": HOURLY}, {"tea": HALF_PAST}),
    "arguments": ({"tea": HOURLY}, {"tea": HOURLY | {"queue": "slow"}}),
    "retired": ({"tea": HOURLY}, {}),
    "renamed": ({"tea": HOURLY}, {"coffee": HALF_PAST | {"previous_keys": ["tea"]}}),
    "disabled": ({"tea": HOURLY}, {"tea": HOURLY | {"enabled": False}}),
    "wrong": ({"tea": HOURLY}, {"tea": HOURLY | {"cron": "61 * * * *"}}),
    "unknown": ({"tea": HOURLY}, {"tea": HOURLY | {"task": "tests.app.nowhere"}}),
    "bounds": ({"tea": HOURLY}, {"tea": HOURLY | {"start_at": datetime(2026, 3, 10, 12)}}),
    "several": (
        {"tea": HOURLY, "coffee": HOURLY, "milk": HOURLY},
        {"tea": HALF_PAST, "milk": HOURLY, "water": HOURLY},
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_it_is_what_a_sync_then_does(before, after):
    synced(at(8, 10), **before)

    found = planned(at(8, 40), **after)
    report = synced(at(8, 40), **after)

    told = {
        key: word
        for word in ("created", "renamed", "changed", "retired", "restored")
        for key in getattr(report, word)
    } | dict.fromkeys(report.refused, "refused")
    assert does(found) == told
    assert found.unchanged == len(report.unchanged)
    for each in found.changes:
        if each.does != "refused":
            assert each.next_after == Schedule.objects.get(key=each.key).next_due_at


def test_what_is_restored():
    synced(at(8), tea=HOURLY)
    synced(at(8, 30))

    found = planned(at(9, 30), tea=HOURLY)

    assert does(found) == {"tea": "restored"}
    assert (change(found).next_before, change(found).next_after) == (None, at(10))


def test_a_roll_back_is_refused_unless_forced():
    synced(at(8), tea=HOURLY)
    synced(at(8, 10), tea=HALF_PAST)

    assert "was replaced before" in change(planned(at(8, 20), tea=HOURLY)).why
    assert does(planned(at(8, 20), tea=HOURLY, force=True)) == {"tea": "changed"}


def test_an_older_release_is_refused():
    with override_settings(SCHEDULER={"RELEASE": "42"}):
        synced(at(8), tea=HOURLY, coffee=HOURLY)
    with override_settings(SCHEDULER={"RELEASE": "41"}):
        found = planned(at(9), tea=HALF_PAST)

    assert does(found) == {"tea": "refused", "coffee": "refused"}
    assert not found.is_fine


def test_which_columns_change_and_when_it_is_due():
    synced(at(8), tea=HOURLY)

    found = change(planned(at(8, 10), tea=HALF_PAST | {"overlap_timeout": timedelta(minutes=5)}))

    assert found.columns == {
        "trigger": ("cron 0 * * * * UTC", "cron 30 * * * * UTC"),
        "overlap_timeout": (3600.0, 300.0),
    }
    assert (found.next_before, found.next_after) == (at(9), at(8, 30))
    assert (found.runs_before, found.runs_after) == (24, 24)


def test_overrides_are_kept_and_told():
    synced(at(8), tea=HOURLY)
    with only_declared({"tea": HOURLY}), FrozenClock(at(8, 5)):
        operations.override("tea", cron="15 * * * *", user="ada", reason="the move")

    found = planned(at(8, 10), tea=HALF_PAST)

    assert found.kept.keys() == {"tea"}
    assert found.kept["tea"].endswith(" by ada (the move)")
    assert change(found).next_after == at(8, 15)
    assert "trigger" not in change(found).columns


def test_what_it_costs():
    synced(at(8), tea=HOURLY, coffee=HOURLY)
    tick(at(9))
    with FrozenClock(at(9, 1)):
        drain()

    found = planned(at(9, 30), tea=HOURLY | {"cron": "*/5 * * * *"})

    assert (change(found).runs_before, change(found).runs_after) == (24, 288)
    assert 0 <= change(found).seconds_per_run < 60
    assert (change(found, "coffee").runs_after, found.runs_per_day) == (0, 240)


@pytest.mark.parametrize(
    ("trigger", "rate"),
    [
        (Cron("* * * * *"), 1440),
        (Cron("0 9 * * MON-FRI"), 20 / 28),
        (Cron("0 0 1 1 *"), 1 / 366),
        (Every(seconds=1), 86_400),
        (Every(hours=6), 4),
        (Cron("0 0 30 2 *"), 0),
    ],
)
def test_runs_of_an_average_day(trigger, rate):
    assert Rates(at(8)).of(trigger) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"cron": "0 0 30 2 *"}, "tea (cron 0 0 30 2 * UTC) is never due."),
        ({"at": at(7)}, "is over: it will not run."),
    ],
)
def test_what_never_runs_is_warned_of(entry, words):
    found = planned(at(8), tea={"task": HOURLY["task"]} | entry)

    assert found.warnings[0].endswith(words)
    assert not found.is_fine


def test_a_herd_is_warned_of_if_the_deploy_makes_it():
    many = {f"k{n}": HOURLY for n in range(4)}
    with override_settings(SCHEDULER={"HERD": 3}):
        found = planned(at(8), **many)
        synced(at(8), **many)
        again = planned(at(8), **many)
        less = planned(at(8), **many | {"k0": HALF_PAST})

    (warning,) = found.warnings
    assert warning.startswith(
        "4 schedules are next due at 2026-03-10 09:00 UTC, 4 of them by this deploy: "
    )
    assert (again.warnings, less.warnings) == ([], [])


def test_nothing_is_written():
    synced(at(8), tea=HOURLY, coffee=HOURLY)
    before = list(Schedule.objects.order_by("key").values())

    with CaptureQueriesContext(
        connection,
    ) as asked:
        planned(at(9, 30), tea=HALF_PAST, milk={**HOURLY, "previous_keys": ["coffee"]})

    verbs = {query["sql"].split()[0] for query in asked.captured_queries}
    assert verbs <= {"SELECT", "DECLARE"}  # a cursor of PostgreSQL
    assert list(Schedule.objects.order_by("key").values()) == before


def test_nothing_retires_while_a_module_cannot_be_read():
    synced(at(8), tea=HOURLY)

    with only_declared(), override_settings(SCHEDULE=["tea"]), FrozenClock(at(9)):
        found = plan()

    assert does(found) == {"SCHEDULE": "refused"}


class TestCommand:
    def told(self, capsys, *arguments, **schedule):
        with only_declared(schedule), FrozenClock(at(8, 10)):
            call_command("schedules", "plan", *arguments)
        return capsys.readouterr().out

    def test_for_people(self, capsys):
        synced(at(8), tea=HOURLY, coffee=HOURLY, milk=HOURLY)

        told = self.told(
            capsys,
            tea=HALF_PAST,
            milk={**HOURLY, "cron": "x"},
            water={**HOURLY, "previous_keys": ["coffee"]},
        )

        assert "~ tea: changed (cron 30 * * * * UTC)" in told
        assert "    trigger: 'cron 0 * * * * UTC' → 'cron 30 * * * * UTC'" in told
        assert "    next due: 2026-03-10 09:00:00Z → 2026-03-10 08:30:00Z" in told
        assert "    runs a day: 24 → 24" in told
        assert "! milk: refused: SCHEDULE['milk']" in told
        assert "> water: renamed from coffee" in told
        assert told.endswith("2 changes, 0 unchanged, 1 refused; +0 runs a day.\n")

    def test_check_fails_for_what_is_refused_or_warned_of(self, capsys):
        self.told(capsys, "--check", tea=HOURLY)
        for entry in ({"cron": "x"}, {"cron": "0 0 30 2 *"}):
            with pytest.raises(SystemExit) as ended:
                self.told(capsys, "--check", tea=HOURLY | entry)
            assert ended.value.code == 1
            self.told(capsys, tea=HOURLY | entry)

    def test_for_scripts(self, capsys):
        told = json.loads(self.told(capsys, "--format", "json", tea=HOURLY))

        assert (told["fine"], told["runs_per_day"]) == (True, 24)
        assert told["changes"][0]["next_after"] == "2026-03-10T09:00:00Z"
