"""Jobs of APScheduler: what each trigger becomes, and that it is due when theirs is."""

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import AndTrigger, OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from scheduler.importing import apscheduler as source
from scheduler.importing.apscheduler_asked import asked_of
from scheduler.importing.seconds import in_words
from scheduler.timer import CroniterTrigger
from scheduler.triggers import EPOCH, AllOf, AnyOf, At, Between, Cron, Daily, Every, Monthly, Weekly
from tests.app.tasks import take
from tests.scheduler.importing.places import NOW, ZONES, columns, compared, origin, unexplained

BERLIN = "Europe/Berlin"
START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
clock = BackgroundScheduler(timezone=BERLIN)


@pytest.fixture
def read():
    def read(trigger, **options):
        clock.remove_all_jobs()
        clock.add_job(take, trigger, args=[7], id="tea", **options)
        [found] = source.read(origin(app=f"{__name__}:clock")).schedules
        return found

    yield read
    clock.remove_all_jobs()


def test_a_job_is_found_by_its_id_and_its_function(read):
    found = read(CronTrigger(hour=9, timezone=BERLIN))

    assert (found.key, found.task, found.options["args"]) == ("tea", "tests.app.tasks.take", [7])
    assert found.trigger == Cron("0 9 * * *", BERLIN)


def test_a_made_up_id_is_no_key():
    clock.add_job(take, CronTrigger(hour=9, timezone=BERLIN), args=[7])

    [found] = source.read(origin(app=f"{__name__}:clock")).schedules
    clock.remove_all_jobs()

    assert found.key == "tests.app.tasks.take"


@pytest.mark.parametrize("hours", [(9, 18), (18, 9)])
def test_jobs_without_an_id_are_numbered_and_none_is_lost(hours):
    for hour in hours:
        clock.add_job(take, CronTrigger(hour=hour, timezone=BERLIN), args=[7])

    names = [source._key(job) for job in clock.get_jobs()]

    found = source.read(origin(app=f"{__name__}:clock")).schedules
    clock.remove_all_jobs()

    assert names == ["tests.app.tasks.take"] * 2  # the control: by name they would be one
    assert {each.key: each.trigger for each in found} == {
        "tests.app.tasks.take": Cron("0 18 * * *", BERLIN),
        "tests.app.tasks.take (2)": Cron("0 9 * * *", BERLIN),
    }


def test_weekdays_are_counted_from_monday_there(read):
    found = read(CronTrigger.from_crontab("0 9 * * 1", timezone=BERLIN))

    assert found.trigger == Cron("0 9 * * TUE", BERLIN)
    assert unexplained(found.theirs, Cron("0 9 * * 1", BERLIN)) != []


@pytest.mark.parametrize(
    ("options", "ours"),
    [
        (
            {"day": 13, "day_of_week": "fri", "hour": 9},
            AllOf(Cron("0 9 13 * *", BERLIN), Cron("* * * * FRI", BERLIN)),
        ),
        ({"day": "last", "hour": 9}, Cron("0 9 L * *", BERLIN)),
        ({"day": "2nd fri, last sun", "hour": 9}, Cron("0 9 * * FRI#2,SUN#L", BERLIN)),
        ({"day": "15, 2nd fri", "hour": 9}, Cron("0 9 15 * FRI#2", BERLIN)),
        ({"day": "2nd fri", "day_of_week": "mon-fri", "hour": 9}, Cron("0 9 * * FRI#2", BERLIN)),
        ({"month": "jan-mar", "day": 1, "hour": 0}, Cron("0 0 1 1-3 *", BERLIN)),
        ({"minute": "5/20"}, Cron("5,25,45 * * * *", BERLIN)),
        ({"second": "*/15"}, Every(seconds=15)),
        ({"second": "7"}, Every(minutes=1, anchor=EPOCH + timedelta(seconds=7))),
        (
            {"second": "7,9"},
            AnyOf(*(Every(minutes=1, anchor=EPOCH + timedelta(seconds=n)) for n in (7, 9))),
        ),
        ({"hour": 9, "second": 30}, Daily("09:00:30", timezone=BERLIN)),
        (
            {"hour": 9, "minute": 5, "second": 30, "day_of_week": "sun"},
            Weekly("SUN", at="09:05:30", timezone=BERLIN),
        ),
        (
            {"day": "last", "hour": 9, "second": 30},
            Monthly("last day", at="09:00:30", timezone=BERLIN),
        ),
        (
            {"month": 3, "day": 31, "hour": 9, "second": 30},
            Monthly(31, at="09:00:30", every=12, anchor="1970-03-01", timezone=BERLIN),
        ),
    ],
    ids=str,
)
def test_fields_that_all_must_match(read, options, ours):
    defaults = {"minute": 0, "second": 0} if {"hour", "month"} & options.keys() else {}

    found = read(CronTrigger(timezone=BERLIN, **{**defaults, **options}))

    assert found.trigger == ours
    assert unexplained(found.theirs, found.trigger) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"week": 3}, "names the week 3"),
        ({"year": "2030"}, "names the year 2030"),
        ({"second": "*/5", "hour": "9-17"}, "6480 times of day"),
        ({"day": "2nd fri", "day_of_week": "mon"}, "never due there either"),
    ],
    ids=str,
)
def test_what_no_trigger_here_says_is_refused(read, options, why):
    assert why in read(CronTrigger(timezone=BERLIN, **options)).refusal


def test_an_interval_counts_from_its_start(read):
    found = read(IntervalTrigger(minutes=45, start_date=START, timezone=BERLIN))

    assert found.trigger == Every(minutes=45, anchor=START)
    assert found.options["start_at"] == START.isoformat()
    assert compared(found.theirs, found.trigger).only_there == ()


def test_an_interval_without_a_start_says_from_when_it_counts(read):
    found = read(IntervalTrigger(minutes=45))

    assert found.theirs is None
    assert found.trigger == Every(minutes=45)  # the same in every process
    assert "start_at" not in found.options
    assert "when a process begins" in found.notes[0]


def test_a_date_is_a_moment_unless_it_is_past(read):
    tomorrow = NOW + timedelta(days=1)

    assert read(DateTrigger(tomorrow)).trigger == At(tomorrow)
    assert read(DateTrigger(START)).is_over


def test_calendar_intervals(read):
    every_quarter = CalendarIntervalTrigger(
        months=3, start_date=date(2026, 1, 31), hour=9, timezone=BERLIN
    )
    every_ten_days = CalendarIntervalTrigger(
        days=3, weeks=1, start_date=date(2026, 1, 31), hour=9, timezone=BERLIN
    )

    for theirs in (every_quarter, every_ten_days):
        found = read(theirs)
        assert unexplained(found.theirs, found.trigger) == []
    assert found.trigger == Daily("09:00", every=10, anchor="2026-01-31", timezone=BERLIN)
    mixed = CalendarIntervalTrigger(months=1, days=1, start_date=date(2026, 1, 31), timezone=BERLIN)
    assert "months and days together" in read(mixed).refusal


def test_combined_ones(read):
    nine, ten = CronTrigger(hour=9, timezone=BERLIN), CronTrigger(hour=10, timezone=BERLIN)
    often = IntervalTrigger(hours=1, start_date=START)

    either = read(OrTrigger([nine, often]))
    assert either.trigger == AnyOf(
        Cron("0 9 * * *", BERLIN), Between(Every(hours=1, anchor=START), START)
    )
    assert read(AndTrigger([nine, ten])).trigger == AllOf(
        Cron("0 9 * * *", BERLIN), Cron("0 10 * * *", BERLIN)
    )


def test_our_cron_in_apscheduler_stays_what_it_is(read):
    found = read(CroniterTrigger("0 9 13 * FRI", timezone=BERLIN))

    assert found.trigger == Cron("0 9 13 * FRI", BERLIN)
    assert compared(found.theirs, found.trigger).only_there == ()


def test_a_subclass_may_mean_something_else(read):
    class Later(CronTrigger):
        pass

    assert "Later is a trigger of your own" in read(Later(hour=9, timezone=BERLIN)).refusal


def test_an_offset_is_no_zone(read):
    theirs = CronTrigger(hour=9, timezone=timezone(timedelta(hours=2)))

    assert "Its time zone, UTC+02:00, has no IANA name" in read(theirs).refusal


def test_jitter_becomes_splay(read):
    found = read(CronTrigger(hour=9, timezone=BERLIN, jitter=120))

    assert found.options["splay"] == 120
    assert "jitter of 120 s is random there" in found.notes[0]
    assert compared(found.theirs, found.trigger).only_there == ()


def test_what_a_job_says_of_its_runs(read):
    found = read(
        CronTrigger(hour=9),
        max_instances=3,
        coalesce=False,
        misfire_grace_time=30,
        next_run_time=None,
    )

    assert found.options["overlap"] == "allow"
    assert "It has max_instances=3" in " ".join(found.notes)
    assert found.options["catch_up"] == "all"
    assert found.options["enabled"] is False
    assert "more than 30 s late" in found.notes[-1]


def test_by_itself_a_job_skips_what_overlaps_as_ours_do_and_has_one_attempt(read):
    found = read(CronTrigger(hour=9))

    assert "overlap" not in found.options
    assert found.attempts == 1


def test_a_trigger_of_ones_own_is_refused(read):
    class Moon(BaseTrigger):
        def get_next_fire_time(self, previous_fire_time, now):
            return now

    assert "Moon is a trigger of your own" in read(Moon()).refusal


def test_what_apscheduler_loses_after_a_gap_is_told(read):
    """A gap of two hours in March; on 1 April what is due before two in the morning is lost."""
    found = read(CronTrigger(day="*/8", hour="0,6", minute=8, timezone="Antarctica/Troll"))

    differing = compared(found.theirs, found.trigger)

    assert differing.only_here == (datetime(2027, 3, 31, 22, 8, tzinfo=UTC),)
    assert unexplained(found.theirs, found.trigger) == []
    assert unexplained(found.theirs, Cron("8 6 */8 * *", "Antarctica/Troll")) != []


@pytest.mark.parametrize("seed", range(6))
def test_any_cron_trigger_is_due_when_theirs_is(seed):
    random = Random(seed)
    minute, hour, day, month, weekday = columns(random)
    day = random.choice([day, day, "last", "1st mon,15", "3-5,last sun"])
    theirs = CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week=weekday,
        timezone=random.choice(ZONES),
    )

    ours, _, _ = source._meaning(theirs, origin())

    assert unexplained(asked_of(theirs), ours) == []


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("*/7", "every minute, at the seconds 0, 7, 14, 21, 28, 35, 42, 49, 56"),
        ("15", "every minute, at the seconds 15"),
        ("*/15", "every 15 seconds"),
    ],
)
def test_seconds_are_told_in_words(read, second, words):
    assert in_words(read(CronTrigger(second=second, timezone=BERLIN)).trigger) == words
