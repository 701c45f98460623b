"""huey's periodic tasks: what its crontab becomes, and that it is due when huey's is."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from huey import MemoryHuey, crontab

from scheduler.exceptions import OperationRefused
from scheduler.importing import huey as source
from scheduler.triggers import AllOf, Cron
from tests.scheduler.importing.places import ZONES, columns, compared, origin, unexplained

BERLIN = "Europe/Berlin"
hueys = {}  # where --app finds the one that a test made


def the_huey():
    return hueys["huey"]


@pytest.fixture
def read():
    def read(when, *, utc=True, zone=BERLIN, **options):
        hueys["huey"] = huey = MemoryHuey("imported", utc=utc)

        @huey.periodic_task(when, **options)
        def sweep():
            pass

        found = source.read(origin(None if utc else zone, app=f"{__name__}:the_huey"))
        return found.schedules[0], found.notes

    return read


def test_djangos_own_is_read_with_all_that_was_said(monkeypatch):
    """Without --app; what else was said counts as with it."""
    hueys["huey"] = huey = MemoryHuey("imported", utc=False)
    huey.periodic_task(crontab(minute="0"), name="sweep")(lambda: None)
    monkeypatch.setattr(source, "DJANGOS", f"{__name__}:the_huey")

    [found] = source.read(origin(BERLIN)).schedules

    assert (found.task, found.trigger) == (f"{__name__}.sweep", Cron("0 * * * *", BERLIN))


def test_fields_that_are_left_out_are_every_value(read):
    found, notes = read(crontab(minute="0"))

    assert found.trigger == Cron("0 * * * *", "UTC")
    assert found.task == f"{__name__}.sweep"
    assert not any("machine" in note for note in notes)


def test_a_zone_for_what_goes_by_utc_is_refused(read):
    hueys["huey"] = MemoryHuey("imported")

    with pytest.raises(OperationRefused, match="--timezone says nothing here"):
        source.read(origin(BERLIN, app=f"{__name__}:the_huey"))


def test_without_utc_it_is_the_machines_zone(read):
    found, notes = read(crontab(minute="0", hour="9"), utc=False)

    assert found.trigger == Cron("0 9 * * *", BERLIN)
    assert "It has utc=False, so its times are of the machine: Europe/Berlin" in notes[-1]


def test_both_days_must_match(read):
    found, _ = read(crontab(minute="0", hour="9", day="13", day_of_week="5"))

    assert found.trigger == AllOf(Cron("0 9 13 * *", "UTC"), Cron("* * * * FRI", "UTC"))
    assert unexplained(found.theirs, Cron("0 9 13 * 5", "UTC")) != []


def test_sunday_is_0_and_7(read):
    assert read(crontab("0", "9", day_of_week="7"))[0].trigger == Cron("0 9 * * SUN", "UTC")
    assert read(crontab("0", "9", day_of_week="0,6"))[0].trigger == Cron("0 9 * * SAT,SUN", "UTC")


def test_a_function_of_its_own_is_refused(read):
    found, _ = read(lambda moment: moment.second == 0)

    assert found.trigger is None
    assert "not huey's crontab()" in found.refusal


def test_what_it_says_of_its_runs(read):
    found, _ = read(
        crontab(), retries=3, priority=500, expires=timedelta(minutes=5), context=True, timeout=60
    )

    assert found.options == {"overlap": "allow", "priority": 100, "catch_up_window": 300}
    told = " ".join(found.notes)
    assert "priority 500 became 100" in told
    assert "max_attempts=4" in told
    assert found.attempts == 4
    assert "takes_context=True" in told
    assert "@task(timeout=60)" in told


def test_a_time_that_comes_twice_is_twice_there(read):
    found, _ = read(crontab("30", "2"), utc=False)

    differing = compared(found.theirs, found.trigger)

    assert differing.only_there == (datetime(2027, 10, 31, 1, 30, tzinfo=UTC),)
    assert differing.only_here == (datetime(2027, 3, 28, 1, 0, tzinfo=UTC),)
    assert unexplained(found.theirs, found.trigger) == []


def test_two_tasks_of_one_name_are_no_question(read):
    found, _ = read(crontab(), name="other-name")

    assert found.key == f"{__name__}.other-name"


@pytest.mark.parametrize("seed", range(5))
def test_any_crontab_is_due_when_hueys_is(read, seed):
    random = Random(seed)
    minute, hour, day, month, weekday = columns(random)
    weekday = "1-5" if "/" in weekday else weekday  # which huey does not read

    found, _ = read(
        crontab(minute, hour, day, month, weekday), utc=False, zone=random.choice(ZONES)
    )

    assert unexplained(found.theirs, found.trigger) == []
