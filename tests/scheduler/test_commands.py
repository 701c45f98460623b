"""The commands, as a person or a script sees them."""

import json

import pytest
from django.core.management import CommandError, call_command

from scheduler.models import Occurrence, Schedule
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at, declare

pytestmark = pytest.mark.django_db

HOURLY = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}
LONDON = {**HOURLY, "cron": "30 1 * * *", "timezone": "Europe/London"}


@pytest.fixture
def schedules(capsys):
    def run(*arguments, moment=None, entries=None):
        with only_declared(entries or {}), FrozenClock(moment or at(8)):
            call_command("schedules", *arguments)
        return capsys.readouterr().out

    return run


def test_list(schedules):
    declare(at(8), timezone="Europe/Paris")

    output = schedules("list")

    assert "tea" in output
    assert "active" in output
    assert "2026-03-10 10:00:00+01:00" in output
    assert "in 1 h" in output


def test_list_as_json(schedules):
    declare(at(8))

    [row] = json.loads(schedules("list", "--format", "json"))

    assert (row["key"], row["state"], row["source"]) == ("tea", "active", "settings")
    assert row["next_due_at"] == "2026-03-10T09:00:00Z"
    assert row["trigger"] == "cron 0 * * * * UTC"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"retired_at": at(8), "next_due_at": None}, "retired"),
        ({"enabled": False, "next_due_at": None}, "disabled"),
        ({"quarantined_at": at(8), "next_due_at": None}, "quarantined"),
        ({"paused_at": at(7)}, "paused"),
        ({"paused_at": at(7), "paused_until": at(7, 30)}, "active"),
        ({"error": "boom"}, "failing"),
        ({"next_due_at": None}, "ended"),
    ],
)
def test_list_says_in_what_state_each_is(schedules, changes, state):
    declare(at(7, 30))
    Schedule.objects.update(**changes)

    assert json.loads(schedules("list", "--format", "json"))[0]["state"] == state


def test_list_shows_what_this_process_cannot_read(schedules):
    declare(at(8))
    Schedule.objects.update(trigger="when the cows come home")

    assert "when the cows come home" in schedules("list")


def test_next(schedules):
    declare(at(8))

    lines = schedules("next", "tea", "-n", "3").splitlines()

    assert len(lines) == 4
    assert "2026-03-10 09:00:00+00:00" in lines[1]
    assert "2026-03-10 09:00:00Z" in lines[1]
    assert "in 1 h" in lines[1]


def test_next_needs_no_row(schedules):
    assert "09:00" in schedules("next", "tea", "-n", "1", entries={"tea": HOURLY})


def test_next_says_of_one_that_is_off_that_it_is(capsys):
    declare(at(8), enabled=False)

    with FrozenClock(at(9)):
        call_command("schedules", "next", "tea")

    assert "tea is disabled: `schedules explain tea` says" in capsys.readouterr().err


def test_next_says_that_a_calendar_is_not_asked(settings, capsys):
    settings.SCHEDULER = {"CALENDARS": {"closed": {"dates": ["2026-03-11"]}}}
    declare(at(8), calendar="closed")

    with FrozenClock(at(9)):
        call_command("schedules", "next", "tea")

    assert "tea goes by the calendar closed: `schedules explain" in capsys.readouterr().err


def test_next_tells_what_the_clocks_do(schedules):
    nights = schedules(
        "next", "tea", "-n", "3", "--format", "json", moment=at(0, days=18), entries={"tea": LONDON}
    )

    rows = json.loads(nights)
    assert [row["local"] for row in rows] == [
        "2026-03-28 01:30:00+00:00",
        "2026-03-29 02:00:00+01:00",
        "2026-03-30 01:30:00+01:00",
    ]
    assert [row["utc"] for row in rows][1] == "2026-03-29 01:00:00Z"
    assert "does not exist" in rows[1]["note"]
    assert rows[0]["note"] == rows[2]["note"] == ""


def test_next_shows_twenty_unless_told_otherwise(schedules):
    declare(at(8))

    assert len(json.loads(schedules("next", "tea", "--format", "json"))) == 20


def test_next_of_what_is_over(schedules):
    entries = {"tea": {"task": "tests.app.tasks.nothing", "at": at(7)}}

    assert "never due again" in schedules("next", "tea", entries=entries)
    assert json.loads(schedules("next", "tea", "--format", "json", entries=entries)) == []


def test_next_of_nothing_says_what_was_probably_meant(schedules):
    declare(at(8))

    with pytest.raises(CommandError, match="Did you mean 'tea'") as raised:
        schedules("next", "tee")
    assert raised.value.returncode == 2


def test_sync(schedules):
    assert "1 created" in schedules("sync", entries={"tea": HOURLY})
    assert "1 unchanged" in schedules("sync", entries={"tea": HOURLY})
    assert "1 retired" in schedules("sync")


def test_sync_as_json(schedules):
    report = json.loads(schedules("sync", "--format", "json", entries={"tea": HOURLY}))

    assert report["created"] == ["tea"]


def test_sync_exits_with_one_when_something_was_refused(schedules):
    schedules("sync", entries={"tea": HOURLY})
    schedules("sync", entries={"tea": LONDON})

    with pytest.raises(SystemExit) as left:
        schedules("sync", entries={"tea": HOURLY})
    assert left.value.code == 1
    assert "1 changed" in schedules("sync", "--force", entries={"tea": HOURLY})


def test_sync_refuses_what_is_no_schedule(schedules):
    with pytest.raises(SystemExit) as left:
        schedules("sync", entries={"coffee": {}, "tea": HOURLY})
    assert left.value.code == 1
    assert Schedule.objects.get().key == "tea"


def test_run_scheduler_once_tells_when_something_was_refused():
    with only_declared({"coffee": {}, "tea": HOURLY}), FrozenClock(at(8)) as clock:
        for hour in (8, 9):
            clock.move_to(at(hour))
            with pytest.raises(SystemExit) as left:
                call_command("run_scheduler", "--once")
            assert left.value.code == 1

    assert Occurrence.objects.get().due_at == at(9)


def test_run_scheduler_once():
    with only_declared({"tea": HOURLY}), FrozenClock(at(8)) as clock:
        call_command("run_scheduler", "--once")
        clock.move_to(at(9))
        call_command("run_scheduler", "--once")

    assert Occurrence.objects.get().due_at == at(9)


def test_run_scheduler_once_or_forever_but_not_both():
    with pytest.raises(CommandError, match="exclude each other"):
        call_command("run_scheduler", "--once", "--reload")
