"""APScheduler's triggers as ours, and ours in APScheduler."""

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import AndTrigger, OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from scheduler import At, Between, Cron, Every, Except
from scheduler.definitions.entry import declare
from scheduler.exceptions import InvalidTrigger
from scheduler.timer import CroniterTrigger, of_apscheduler
from scheduler.triggers import as_trigger, due_times, from_spec, next_due

START = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NINE = CronTrigger(hour=9, timezone="Europe/Berlin")


def first(trigger, count, after=START):
    return list(islice(due_times(as_trigger(trigger), after), count))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (DateTrigger(START), At(START)),
        (
            IntervalTrigger(minutes=5, start_date=START),
            Between(Every(minutes=5, anchor=START), START),
        ),
        (
            IntervalTrigger(hours=1, start_date=START, end_date=START + timedelta(days=1)),
            Between(Every(hours=1, anchor=START), START, START + timedelta(days=1)),
        ),
        (CroniterTrigger("0 9 * * 1", "Asia/Tokyo"), Cron("0 9 * * 1", "Asia/Tokyo")),
    ],
    ids=str,
)
def test_what_means_one_of_ours_is_one(theirs, ours):
    assert of_apscheduler(theirs) == ours
    assert from_spec(of_apscheduler(theirs).spec()) == ours


def test_cron_is_asked_and_keeps_its_meaning():
    found = first(CronTrigger.from_crontab("0 9 * * 0", timezone="UTC"), 2)
    assert found == [START.replace(day=5, hour=9), START.replace(day=12, hour=9)]  # Mondays, there
    assert first(NINE, 1, START.replace(hour=8)) == [START.replace(day=2, hour=8)]


@pytest.mark.parametrize("month", [3, 10])
@pytest.mark.parametrize("hours", ["2,3", "2", "*", "0-4"])
def test_it_goes_forward_when_clocks_change(month, hours):
    trigger = CronTrigger(hour=hours, minute="0,30", timezone="Europe/Berlin")
    found = first(trigger, 300, datetime(2026, month, 24, tzinfo=UTC))
    assert all(earlier < later for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"months": 1, "start_date": "2026-01-31"}, ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ({"weeks": 2, "start_date": "2025-12-20"}, ["2026-01-03", "2026-01-17", "2026-01-31"]),
        ({"years": 1, "start_date": "2024-02-29"}, ["2028-02-29", "2032-02-29", "2036-02-29"]),
        (
            {"months": 1, "days": 3, "start_date": "2026-01-01"},
            ["2026-01-01", "2026-02-04", "2026-03-07"],
        ),
        (
            {"days": 1, "start_date": "2026-03-28", "end_date": "2026-03-30"},
            ["2026-03-28", "2026-03-30"],
        ),
        ({"years": 9000, "start_date": "2026-02-01"}, ["2026-02-01"]),  # where theirs never ends
    ],
    ids=str,
)
def test_calendar_intervals(options, expected):
    trigger = CalendarIntervalTrigger(hour=2, minute=30, timezone="Europe/Berlin", **options)
    found = first(trigger, 3)
    assert [str(due_at.astimezone(BERLIN).date()) for due_at in found] == expected
    for earlier, later in pairwise(found):
        middle = earlier + (later - earlier) / 2
        assert as_trigger(trigger).next_after(middle) == later


def test_calendar_intervals_are_those_of_apscheduler():
    """As APScheduler counts them itself, from one to the next."""
    trigger = CalendarIntervalTrigger(
        months=1, days=11, hour=2, minute=30, start_date="2025-03-14", timezone="Europe/Berlin"
    )
    theirs, previous = [], None
    for _ in range(60):
        previous = trigger.get_next_fire_time(previous, START)
        theirs.append(previous.astimezone(UTC))
    assert first(trigger, 60, datetime(2025, 1, 1, tzinfo=UTC)) == theirs


def test_combined_ones():
    either = OrTrigger([NINE, CronTrigger(hour=10, timezone="Europe/Berlin")])
    assert first(either, 2, START.replace(hour=12)) == [
        START.replace(day=2, hour=8),
        START.replace(day=2, hour=9),
    ]
    both = AndTrigger([NINE, CronTrigger(day=13, hour=9, timezone="Europe/Berlin")])
    assert first(both, 1) == [START.replace(day=13, hour=8)]
    hang = AndTrigger(
        [
            IntervalTrigger(seconds=7, start_date=START),
            IntervalTrigger(seconds=7, start_date=START + timedelta(seconds=1)),
        ]
    )
    with pytest.raises(InvalidTrigger, match="did not agree"):
        first(hang, 1)


def test_it_may_be_a_part():
    trigger = Except(NINE, {"weekdays": ["SAT", "SUN"], "timezone": "UTC"})
    assert next_due(trigger, START.replace(day=2, hour=12)) == START.replace(day=5, hour=8)


class FromNow(BaseTrigger):
    def get_next_fire_time(self, previous, now):
        return now + timedelta(minutes=5)

    def __getstate__(self):
        return {}


class Secretive(FromNow):
    def __getstate__(self):
        return {"secret": object()}


class Stuck(FromNow):
    def get_next_fire_time(self, previous, now):
        return START - timedelta(days=900)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: IntervalTrigger(minutes=5), "Name a start_date= in whole seconds, or use Every"),
        (DateTrigger, "Name a run_date="),
        (lambda: CalendarIntervalTrigger(months=1), "name a start_date= that is another day"),
        (lambda: CronTrigger(hour=9, jitter=30), "splay="),
        (lambda: OrTrigger([NINE, IntervalTrigger(minutes=5)]), "Name a start_date="),
        (lambda: OrTrigger([NINE], jitter=5), "splay="),
        (FromNow, "counts from the moment it is asked"),
        (Secretive, "holds a object, which no text tells"),
        (Stuck, "yields no due time after"),
    ],
)
def test_what_would_differ_between_processes_is_refused(make, told):
    with pytest.raises(InvalidTrigger) as refusal:
        as_trigger(make())
    assert told in str(refusal.value)


def test_specs_are_equal_in_every_process():
    code = (
        "from apscheduler.triggers.cron import CronTrigger\n"
        "from scheduler.timer import of_apscheduler\n"
        "trigger = CronTrigger(hour='9-17', day_of_week='mon-fri', timezone='Europe/Berlin')\n"
        "print(of_apscheduler(trigger).spec())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert "day_of_week=mon-fri" in said.pop()


def test_a_schedule_takes_it():
    options = {"task": "tests.app.tasks.nothing", "trigger": NINE}
    declaration = declare("nine", options, source="settings")
    assert declaration.definition()["timezone"] == "Europe/Berlin"
    assert declaration.definition()["trigger"].startswith("apscheduler ")


def test_our_cron_in_apscheduler():
    trigger = CroniterTrigger("30 2 * * *", timezone="Europe/Berlin")
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)

    gap = trigger.get_next_fire_time(None, before)
    following = trigger.get_next_fire_time(gap, gap)

    assert gap.isoformat() == "2026-03-29T03:00:00+02:00"
    assert following.isoformat() == "2026-03-30T02:30:00+02:00"
    assert trigger.get_next_fire_time(None, following) == following  # what is due now, counts
    assert trigger.get_next_fire_time(before, following) == gap  # what was missed, comes
    assert CroniterTrigger("0 0 30 2 *", "UTC").get_next_fire_time(None, before) is None


def test_it_is_pickled_for_job_stores():
    trigger = CroniterTrigger("30 2 * * FRI#L", timezone="Europe/Berlin")
    again = pickle.loads(pickle.dumps(trigger))
    assert (repr(again), str(again)) == (repr(trigger), str(trigger))
    assert again.get_next_fire_time(None, START) == trigger.get_next_fire_time(None, START)


class Pickling(MemoryJobStore):
    """A job store that keeps text, as those in databases do."""

    def add_job(self, job):
        job.trigger = pickle.loads(pickle.dumps(job.trigger))
        super().add_job(job)


def test_a_real_scheduler_runs_by_it():
    ran = Event()
    scheduler = BackgroundScheduler(timezone=UTC, jobstores={"default": Pickling()})
    scheduler.start()
    try:
        job = scheduler.add_job(ran.set, CroniterTrigger("* * * * *", timezone="UTC"))
        due_at = job.next_run_time
        assert due_at.second == 0
        # Nobody waits for the minute: it is taken to have passed.
        job.modify(next_run_time=due_at - timedelta(minutes=1), misfire_grace_time=None)
        assert ran.wait(60)
        # Asked of the scheduler, which answers under the lock that it holds while it decides.
        assert scheduler.get_job(job.id).next_run_time >= due_at
    finally:
        scheduler.shutdown()
