"""Celery's beat_schedule: what each kind becomes, and that it is due when Celery's is."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.schedules import crontab, schedule, solar

from scheduler.importing import celery as source
from scheduler.importing import priorities
from scheduler.triggers import AllOf, Cron, Every
from tests.scheduler.importing.places import ZONES, columns, compared, origin, unexplained

TASK = "tests.app.tasks.nothing"
BERLIN = "Europe/Berlin"
apps = {}  # where --app finds the one that a test made


@pytest.fixture
def read():
    """Read one entry of an app in Berlin."""

    def read(when, *, broker="amqp://", zone=BERLIN, **entry):
        apps["app"] = app = Celery("imported", set_as_current=False, broker=broker)
        app.conf.timezone = zone
        app.conf.beat_schedule = {"tea": {"task": TASK, "schedule": when, **entry}}
        [found] = source.read(origin("Asia/Kolkata", app=f"{__name__}:the_app")).schedules
        return found

    return read


def the_app():
    return apps["app"]


def test_a_crontab_is_in_the_zone_of_the_app(read):
    found = read(crontab(minute=30, hour="7", day_of_week="mon-fri"), args=(16, 16))

    assert found.trigger == Cron("30 7 * * MON-FRI", BERLIN)
    assert (found.key, found.task, found.options["args"]) == ("tea", TASK, [16, 16])


def test_names_that_differ_by_blanks_are_two_schedules():
    apps["app"] = app = Celery("imported", set_as_current=False)
    app.conf.beat_schedule = {
        name: {"task": TASK, "schedule": crontab(0, hour)}
        for name, hour in (("tea", 9), ("tea ", 10))
    }

    found = source.read(origin(app=f"{__name__}:the_app")).schedules

    hours = {each.key: each.trigger.expression for each in found}
    assert hours == {"tea": "0 9 * * *", "tea (2)": "0 10 * * *"}


def test_an_app_without_a_zone_is_in_utc(read):
    assert read(crontab(minute=0, hour=9), zone=None).trigger == Cron("0 9 * * *", "UTC")


def test_without_utc_and_a_zone_it_is_the_machines():
    apps["app"] = app = Celery("imported", set_as_current=False)
    app.conf.update(enable_utc=False, timezone=None)
    app.conf.beat_schedule = {"tea": {"task": TASK, "schedule": crontab(0, 9)}}

    found = source.read(origin("Asia/Kolkata", app=f"{__name__}:the_app"))

    assert found.schedules[0].trigger == Cron("0 9 * * *", str(app.timezone))
    assert found.notes[-1].endswith(f"times are of the machine, here {app.timezone}.")


def test_nowfun_says_in_which_zone_a_crontab_is(read):
    there = ZoneInfo("Asia/Tokyo")

    found = read(crontab(minute=0, hour=9, nowfun=lambda: datetime.now(there)))

    assert found.trigger == Cron("0 9 * * *", "Asia/Tokyo")


def test_both_days_must_match(read):
    found = read(crontab(minute=0, hour=9, day_of_month=13, day_of_week=5))

    assert found.trigger == AllOf(Cron("0 9 13 * *", BERLIN), Cron("* * * * FRI", BERLIN))
    assert "Both must match" in found.notes[0]
    assert compared(found.theirs, found.trigger).only_there == ()


def test_cron_that_looks_the_same_would_be_found_out(read):
    """The control: copied, the expression is due on every 13th and every Friday."""
    found = read(crontab(minute=0, hour=9, day_of_month=13, day_of_week=5))

    [_, told, *_] = unexplained(found.theirs, Cron("0 9 13 * 5", BERLIN))

    assert "62 of them only there or only here" in told


@pytest.mark.parametrize("when", [30, 30.0, timedelta(seconds=30), schedule(30)])
def test_an_interval_keeps_its_distance(read, when):
    found = read(when)

    assert found.trigger == Every(seconds=30)
    assert "counts this interval from when beat starts" in found.notes[0]


def test_a_relative_interval_says_that_it_was_rounded(read):
    assert "relative=True" in read(timedelta(minutes=15), relative=True).notes[-1]
    assert "relative=True" in read(schedule(900, relative=True)).notes[-1]


def test_less_than_a_second_is_refused(read):
    assert "at least one second" in read(0.5).refusal


def test_the_sun_is_refused_and_not_dropped(read):
    sunset = solar.__new__(solar)  # to build one takes a library that knows where the sun is
    sunset.event, sunset.lat, sunset.lon = "sunset", 52.5, 13.4

    found = read(sunset)

    assert (found.key, found.trigger) == ("tea", None)
    assert "follows the sun" in found.refusal


def test_a_schedule_of_ones_own_is_refused(read):
    class Moon:
        app = None

    assert "Moon is a schedule of your own" in read(Moon()).refusal


def test_celerys_own_task_is_no_loss(read):
    found = read(crontab(), task="celery.backend_cleanup")

    assert found.is_over
    assert "RETAIN_SUCCESSFUL" in found.refusal


def test_the_options_of_its_messages(read):
    options = {"queue": "ops", "priority": 9, "expires": 90, "routing_key": "ops.low"}

    found = read(crontab(), options=options)

    assert found.options["queue"] == "ops"
    assert found.options["priority"] == 100
    assert found.options["catch_up_window"] == 90
    assert found.notes[-1] == "Nothing here means its routing_key."


def test_a_task_that_is_called_otherwise_here():
    assert origin(renamed={"proj.add": "shop.tasks.add"}).here("proj.add") == "shop.tasks.add"


@pytest.mark.parametrize(
    ("priority", "is_reversed", "ours"),
    [
        (0, False, 0),
        (9, False, 100),
        (255, False, 100),
        (128, False, 50),
        (0, True, 0),
        (9, True, -100),
    ],
)
def test_priorities(priority, is_reversed, ours):
    assert priorities.of_celery(priority, is_reversed=is_reversed)[0] == ours


def test_over_redis_0_comes_first(read):
    found = read(crontab(), broker="redis://localhost/1", options={"priority": 3})

    assert found.options["priority"] == -33


class TestWhenClocksChange:
    def test_in_the_gap(self, read):
        found = read(crontab(minute=30, hour=2))

        differing = compared(found.theirs, found.trigger)

        assert differing.compared == 367
        assert differing.only_there == (datetime(2027, 3, 28, 1, 30, tzinfo=UTC),)
        assert differing.only_here == (datetime(2027, 3, 28, 1, 0, tzinfo=UTC),)
        assert unexplained(found.theirs, found.trigger) == []

    def test_an_hour_that_comes_twice(self, read):
        found = read(crontab(minute=15))

        differing = compared(found.theirs, found.trigger)

        assert not differing.is_whole
        assert differing.only_here == (datetime(2027, 10, 31, 1, 15, tzinfo=UTC),)


@pytest.mark.parametrize("seed", range(5))
def test_any_crontab_is_due_when_celerys_is(seed):
    random = Random(seed)
    minute, hour, day, month, weekday = columns(random)
    zone = random.choice(ZONES)
    app = Celery("imported", set_as_current=False)
    app.conf.timezone = zone
    theirs = crontab(
        minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday
    )

    ours, ask, _ = source.of_crontab(theirs, app)

    assert unexplained(ask, ours) == []
