"""The tables of django-celery-beat, written with its own models."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from celery import Celery

from scheduler.exceptions import OperationRefused
from scheduler.importing import django_celery_beat as source
from scheduler.triggers import AllOf, At, Cron, Every, due_times
from tests.scheduler.importing.places import NOW, compared, origin
from tests.scheduler.importing.tables import installed

TASK = "tests.app.tasks.take"
KINDS = ("SolarSchedule", "IntervalSchedule", "ClockedSchedule", "CrontabSchedule")


@pytest.fixture
def beat(transactional_db):
    pytest.importorskip("django_celery_beat", reason="it has no release for this Django")
    with installed("django_celery_beat", *KINDS, "PeriodicTasks", "PeriodicTask") as models:
        yield {model.__name__: model for model in models}


@pytest.fixture
def read(beat):
    """Write one row with a schedule of a kind, and read it."""

    def read(kind, told, **columns):
        of_kind = beat[f"{kind.title()}Schedule"].objects.create(**told)
        row = beat["PeriodicTask"](name="tea", task=TASK, **{kind: of_kind}, **columns)
        row.save()
        [found] = source.read(origin()).schedules
        return found

    return read


def test_a_crontab_has_a_zone_of_its_own(read):
    told = {"minute": "0", "hour": "9", "day_of_week": "1", "timezone": "Europe/Berlin"}

    found = read("crontab", told, args="[16, 16]", kwargs='{"more": 1}', queue="ops")

    assert found.trigger == Cron("0 9 * * MON", "Europe/Berlin")
    assert found.options == {
        "args": [16, 16],
        "kwargs": {"more": 1},
        "queue": "ops",
        "overlap": "allow",
    }
    assert compared(found.theirs, found.trigger).only_there == ()


def test_both_days_must_match(read):
    told = {"minute": "0", "hour": "9", "day_of_month": "13", "day_of_week": "5"}

    found = read("crontab", told)

    assert found.trigger == AllOf(Cron("0 9 13 * *", "UTC"), Cron("* * * * FRI", "UTC"))
    assert compared(found.theirs, found.trigger).only_here == ()


def test_an_interval(read):
    found = read("interval", {"every": 2, "period": "hours"})

    assert found.trigger == Every(hours=2)
    assert "counts there from its last run; here it is counted from 1970" in found.notes[0]


def test_an_interval_with_a_start_is_counted_from_it(beat, monkeypatch):
    """Asked minute by minute, as beat does."""
    from django_celery_beat.schedulers import ModelEntry

    now = [NOW]
    monkeypatch.setattr(ModelEntry, "_default_now", lambda entry: now[0])
    monkeypatch.setattr("django_celery_beat.models.now", lambda: now[0])
    every = beat["IntervalSchedule"].objects.create(every=90, period="minutes")
    row = beat["PeriodicTask"](name="tea", task=TASK, interval=every)
    row.start_time = NOW + timedelta(minutes=47)
    row.save()
    entry, theirs = ModelEntry(row, app=Celery("imported", set_as_current=False)), []
    for _ in range(500):
        now[0] += timedelta(minutes=1)
        if entry.is_due().is_due:
            theirs.append(now[0])
            entry = next(entry)

    [found] = source.read(origin()).schedules

    assert theirs[0] == row.start_time
    assert len(theirs) > 3
    assert list(islice(due_times(found.trigger, NOW), len(theirs))) == theirs
    assert found.options["start_at"] == row.start_time.isoformat()


def test_one_that_has_expired_is_over(read):
    found = read("interval", {"every": 1, "period": "days"}, expires=NOW - timedelta(days=1))

    assert found.is_over
    assert "It expired at" in found.refusal


def test_a_clocked_one_is_a_moment(read):
    found = read("clocked", {"clocked_time": NOW + timedelta(days=3)}, one_off=True)

    assert found.trigger == At(NOW + timedelta(days=3))
    assert "max_runs" not in found.options


def test_one_that_is_past_is_over(read):
    found = read("clocked", {"clocked_time": NOW - timedelta(days=3)}, one_off=True)

    assert found.is_over
    assert "which is past" in found.refusal


def test_the_sun_is_refused_and_not_dropped(read):
    found = read("solar", {"event": "sunset", "latitude": 52.5, "longitude": 13.4})

    assert found.trigger is None
    assert "follows the sun" in found.refusal


def test_what_bounds_it(read):
    bounds = {
        "start_time": datetime(2027, 1, 1, tzinfo=UTC),
        "expires": datetime(2027, 6, 1, tzinfo=UTC),
    }

    found = read("interval", {"every": 1, "period": "days"}, one_off=True, enabled=False, **bounds)

    assert found.options == {
        "args": [],
        "kwargs": {},
        "overlap": "allow",
        "start_at": "2027-01-01T00:00:00+00:00",
        "end_at": "2027-06-01T00:00:00+00:00",
        "max_runs": 1,
        "enabled": False,
    }


def test_one_that_ran_once_as_it_should_is_over(read):
    found = read("interval", {"every": 1, "period": "days"}, one_off=True, total_run_count=1)

    assert found.is_over


def test_its_messages(read):
    headers = json.dumps({"trace": 1})

    found = read(
        "interval", {"every": 1, "period": "days"}, priority=9, expire_seconds=90, headers=headers
    )

    assert (found.options["priority"], found.options["catch_up_window"]) == (100, 90)
    assert "Nothing here means its headers." in found.notes


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"args": "[1,"}, "no JSON"), ({"task": "celery.backend_cleanup"}, "RETAIN_SUCCESSFUL")],
)
def test_a_row_that_cannot_be_read_stops_no_other(beat, columns, why):
    daily = beat["IntervalSchedule"].objects.create(every=1, period="days")
    for name, wrong in (("a", columns), ("b", {})):
        beat["PeriodicTask"](**{"name": name, "task": TASK, "interval": daily} | wrong).save()

    refused, other = source.read(origin()).schedules

    assert why in refused.refusal
    assert other.trigger == Every(days=1)


def test_what_somebody_wrote_past_the_form(read):
    found = read("crontab", {"hour": "25"})

    assert "Celery cannot read" in found.refusal


def test_without_the_app_it_says_what_to_do(db):
    with pytest.raises(OperationRefused, match="INSTALLED_APPS until"):
        source.read(origin())
