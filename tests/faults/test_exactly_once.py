"""
S1: each due instant becomes exactly one job or is covered by one recorded skip, come what may.

Three schedulers share two hundred schedules at 240 times the speed of time. Again and again one
of them is killed, or (S7) made to stand still.
"""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db.models import Count

from scheduler.models import Schedule
from tasks_core.models import Job
from tests.faults.kit import oracle
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

KILLS, FREEZES = size((8, 3), (75, 10))
PROCESSES, SCHEDULES, SPEED = 3, 200, 240
PAUSE = size((0.0, 0.4), (1.5, 2.5))  # 75 of them are ten hours at that speed
STILL = size(1.5, 4)  # seconds that a frozen one stands still
LATE = timedelta(seconds=size(60, 15))  # that anything may be recorded while others are frozen

pytestmark = pytest.mark.every_database


@pytest.fixture
def children(manage_process):
    """Start processes that share one simulated clock and two hundred schedules."""
    origin = datetime.now(UTC).isoformat()
    extra = {
        "SCHEDULE": oracle.schedule(SCHEDULES),
        "INSTALLED_APPS": [*settings.INSTALLED_APPS, "tests.faults"],
        "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],
    }

    def start(*arguments):
        return manage_process(*arguments, settings=extra, clock=f"{origin} {SPEED}")

    return start


@pytest.fixture
def havoc(children):
    """Deal blows to schedulers, or what is called one; return the havoc and the books."""

    def run(command, blow, times, *, until=lambda: True):
        assert children("run_scheduler", "--once").wait() == 0
        havoc = Havoc(lambda: children(command), number=PROCESSES)
        havoc.begin()
        blows = partial(blow, havoc)
        havoc.wreak(blows, times=times, pause=PAUSE, progress=Job.objects.count)
        eventually(until, seconds=60)
        havoc.end()
        if command == "run_scheduler":  # what was due while the last one stopped
            assert children("run_scheduler", "--once").wait() == 0
        return havoc, audit()

    return run


def any_twice():
    """Say whether some due time has two jobs."""
    jobs = Job.objects.values("context__key", "context__scheduled_for")
    return jobs.annotate(count=Count("pk")).filter(count__gt=1).exists()


def stand_still(havoc, which):
    havoc.freeze(which, seconds=STILL)


def lateness(books):
    """Return the seconds, of the wall's clock, from due to recorded of the latest job."""
    return (books.latest / SPEED).total_seconds()


def take_down(tally, scenario, done, books):
    skipped = f"{books.jobs} jobs, {books.skipped} skipped"
    tally.row(
        scenario,
        f"{done}, {books.due} due: {skipped}, recorded within {lateness(books):.1f} s",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra),
    )


def test_nothing_is_lost_and_nothing_done_twice(havoc, tally):
    wreaked, books = havoc("run_scheduler", Havoc.kill, KILLS)

    take_down(tally, "S1 killed schedulers", f"{wreaked.kills} kills", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)


def test_nor_by_schedulers_that_stand_still_for_a_while(havoc, tally):
    wreaked, books = havoc("run_scheduler", stand_still, FREEZES)

    take_down(tally, "S7 frozen schedulers", f"{wreaked.freezes} freezes of {STILL} s", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)
    assert books.latest / SPEED <= LATE


def test_the_usual_two_steps_are_found_out(havoc, tally):
    _, books = havoc("run_two_steps", Havoc.kill, 2, until=any_twice)

    for scenario in ("S1 killed schedulers", "S7 frozen schedulers"):
        tally.control(scenario, f"{len(books.duplicate)} surplus of {books.due} due in two steps")
    with pytest.raises(AssertionError, match="duplicate"):
        assert_balanced(books)
    assert books.duplicate
