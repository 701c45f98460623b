"""
S1: each due instant becomes exactly one job or is covered by one recorded skip, come what may.

Three schedulers share two hundred schedules at 240 times the speed of time, and one of them is
killed every 0.3 to 0.9 seconds, or (S7) made to stand still.
"""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db.models import Count

from scheduler.models import Schedule
from tasks_core.models import Job
from tests.faults.kit import oracle
from tests.faults.kit.havoc import Havoc, lasting
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.tally import size

SECONDS, CONTROL_SECONDS, FROZEN_SECONDS = size((20, 8, 8), (150, 30, 90))
PROCESSES, SCHEDULES, SPEED = 3, 200, 240
EVERY = (0.3, 0.9)
PATIENCE = 120  # seconds for a control to be found out
STILL = size(2, 8)  # seconds that a frozen one stands still

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
    """Deal blows to schedulers, or what is called one, for so long; return the havoc and books."""

    def run(command, blow, seconds, *, or_until=lambda: True):
        assert children("run_scheduler", "--once").wait() == 0
        havoc = Havoc(lambda: children(command), number=PROCESSES)
        havoc.begin()
        goes_on, gives_up = lasting(seconds), lasting(PATIENCE)
        havoc.wreak(
            lambda which: blow(havoc, which),
            while_=lambda: goes_on() or (gives_up() and not or_until()),
            every=EVERY,
        )
        havoc.end()
        if command == "run_scheduler":  # what was due while the last one stopped
            assert children("run_scheduler", "--once").wait() == 0
        return havoc, audit()

    return run


def any_twice():
    """Say whether some due time has two jobs, which a slow machine takes a while to come to."""
    jobs = Job.objects.values("context__key", "context__scheduled_for")
    return jobs.annotate(count=Count("pk")).filter(count__gt=1).exists()


def stand_still(havoc, which):
    havoc.freeze(which, seconds=STILL)


def take_down(tally, scenario, done, books):
    skipped = f"{books.jobs} jobs, {books.skipped} skipped"
    tally.row(
        scenario,
        f"{done}, {books.due} due: {skipped}",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra),
    )


def test_nothing_is_lost_and_nothing_done_twice(havoc, tally):
    wreaked, books = havoc("run_scheduler", Havoc.kill, SECONDS)

    take_down(tally, "S1 killed schedulers", f"{wreaked.kills} kills", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)
    assert wreaked.kills >= SECONDS


def test_nor_by_schedulers_that_stand_still_for_a_while(havoc, tally):
    wreaked, books = havoc("run_scheduler", stand_still, FROZEN_SECONDS)

    take_down(tally, "S7 frozen schedulers", f"{wreaked.freezes} freezes of {STILL} s", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)


def test_the_usual_two_steps_are_found_out(havoc, tally):
    _, books = havoc("run_two_steps", Havoc.kill, CONTROL_SECONDS, or_until=any_twice)

    for scenario in ("S1 killed schedulers", "S7 frozen schedulers"):
        tally.control(scenario, f"{len(books.duplicate)} surplus of {books.due} due in two steps")
    with pytest.raises(AssertionError, match="duplicate"):
        assert_balanced(books)
    assert books.duplicate
