"""
S8: clocks are set back and forward by an hour, and drift, while schedules are due every second.

The database's clock decides. When that of a process is wrong nothing happens at all; when the
database's is, nothing is lost, nothing done twice, and all goes on within ten seconds.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic

import pytest
from django.db import connection
from django.db.models import F, Max

from scheduler.models import Occurrence, Schedule
from tasks_core import clock
from tests.faults.kit import oracle
from tests.faults.kit.clocks import Error, SteppedClock
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.load import APPS
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

HOUR = 3600.0
ROUNDS, REST = size((1, 0.5), (4, 3.0))  # seconds between two steps
LATE = timedelta(seconds=size(30, 10))
DRIFTS = size((1.0, 1.05), (1.0, 1.0, 1.05))  # one of the processes goes five percent too fast
SCENARIO, IDLE = "S8 clock steps", "S8 clock steps, idle"
PULSE = {"task": "tests.app.tasks.nothing", "overlap": "allow"}
BUSY = {
    "latest 1": {**PULSE, "every": 1, "catch_up": "latest"},
    "all 10": {**PULSE, "every": 10, "catch_up": "all", "catch_up_limit": 9999},
}

pytestmark = pytest.mark.django_db(transaction=True)


class World:
    """Schedulers, each with a clock of its own, and a database that has one, too."""

    def __init__(self, start, folder):
        self.start = start
        self.authority = SteppedClock(datetime.now(UTC), 1, error=Error(folder / "database"))
        shared = connection.vendor == "sqlite"  # which has no clock but the host's
        hosts = [0 if shared else number for number in range(len(DRIFTS))]
        self.errors = [Error(folder / f"host-{number}") for number in hosts]
        self.drifts = [1.0 if shared else drift for drift in DRIFTS]
        self.steps = 0

    def begin(self, command, schedule=BUSY, number=None, **tuning):
        return [
            self.start(
                command,
                settings={
                    "INSTALLED_APPS": APPS,
                    "SCHEDULE": schedule,
                    "SCHEDULER": tuning,
                    "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W002"],
                },
                environment={
                    "FAULT_DATABASE_CLOCK": self.authority.words(),
                    "FAULT_PROCESS_CLOCK": f"{error.path} {drift}",
                },
            )
            for error, drift in list(zip(self.errors, self.drifts, strict=True))[:number]
        ]

    def step_processes(self, by):
        """Set the clocks of the processes, every other one contrariwise where it has its own."""
        for number, error in enumerate(self.errors):
            error.seconds = by if number % 2 and connection.vendor != "sqlite" else -by
        self._rest()

    def step_database(self, by):
        self.authority.error.seconds = by
        self._rest()

    def _rest(self):
        self.steps += 1
        before = Occurrence.objects.count()
        Event().wait(REST)  # the fault's own rhythm
        if self.is_right:
            eventually(lambda: Occurrence.objects.count() > before)

    @property
    def is_right(self):
        back = [error.seconds for error in self.errors if connection.vendor == "sqlite"]
        return min([self.authority.error.seconds, *back]) >= 0


@pytest.fixture
def world(manage_process, tmp_path):
    return World(manage_process, tmp_path)


def live(world, command):
    """Let an hour go and come, for each clock; return the books."""
    children = world.begin(command)
    eventually(lambda: Occurrence.objects.count() > len(children))
    for _ in range(ROUNDS):
        world.step_processes(HOUR)
        if connection.vendor != "sqlite":
            world.step_processes(-HOUR)
        world.step_processes(0)
        world.step_database(-HOUR)
        world.step_database(0)
    world.step_database(HOUR)  # once, since it leaves an hour behind that is due
    for child in children:
        child.stop()
    return audit(oracle.every)


def latest():
    """Return by how much the latest job of the newest due times was recorded after it was due."""
    jobs = Occurrence.objects.filter(schedule_key="latest 1", outcome="enqueued")
    return max(row.recorded_at - row.due_at for row in jobs)


def ahead(world):
    """Return how far the newest decision is ahead of the database's clock."""
    with world.authority:
        now = clock.db_now()
    newest = Schedule.objects.aggregate(newest=Max("watermark"))["newest"]
    return max(timedelta(0), newest - now)


def assert_right(world, books):
    assert ahead(world) == timedelta(0)
    assert_balanced(books)


def test_nothing_is_lost_repeated_or_late(world, tally):
    books = live(world, "run_scheduler")

    late = latest().total_seconds()
    skipped = f"{books.jobs} jobs, {books.skipped} skipped"
    tally.row(
        SCENARIO,
        f"{world.steps} steps of an hour, {books.due} due: {skipped}, recorded within {late:.1f} s",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra) + len(books.early),
    )
    assert_right(world, books)
    assert latest() <= LATE


def test_who_goes_by_its_own_clock_is_found_out(world, tally):
    children = world.begin("run_by_its_own_clock")
    eventually(lambda: Occurrence.objects.count() > len(children))
    world.step_processes(-HOUR)
    eventually(lambda: ahead(world) or Occurrence.objects.filter(count__gt=1000).exists())
    world.step_processes(0)
    eventually(lambda: audit(oracle.every).duplicate)
    for child in children:
        child.stop()

    books = audit(oracle.every)
    tally.control(SCENARIO, f"{len(books.duplicate)} surplus, decided ahead of time")
    with pytest.raises(AssertionError):
        assert_right(world, books)


@pytest.fixture
def idle(world):
    """Set the clock over what an idle scheduler waits for; return the seconds until it is done."""

    def run(**tuning):
        # Due once in the hour that is stepped over, and not before.
        minute = (datetime.now(UTC).minute + 30) % 60
        hourly = {"hourly": {**PULSE, "cron": f"{minute} * * * *", "timezone": "UTC"}}
        child = world.begin("run_scheduler", hourly, 1, **tuning)[0]
        eventually(Schedule.objects.filter(next_due_at__gt=F("watermark")).exists)
        began = monotonic()
        world.authority.error.seconds = HOUR
        with suppress(AssertionError):
            eventually(Occurrence.objects.exists, seconds=LATE.total_seconds() + 1)
        took = monotonic() - began
        assert child.stop() == 0
        return took

    return run


def test_who_sleeps_meanwhile_notices_within_ten_seconds(idle, tally):
    took = idle()

    if connection.vendor != "sqlite":  # where its own clock is set, too, and wakes it
        tally.row(IDLE, f"an hour stepped over, noticed after {took:.1f} s")
    assert took <= LATE.total_seconds()


@pytest.mark.vendor(*size((), ("postgresql", "mysql")))  # it waits for what does not come
def test_who_never_looks_does_not(idle, tally):
    took = idle(TICK_SECONDS=3600.0)

    tally.control(IDLE, f"nothing after {took:.0f} s by a scheduler that looks once an hour")
    assert took > LATE.total_seconds()
