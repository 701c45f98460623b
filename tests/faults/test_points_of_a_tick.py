"""
S2: a scheduler is killed with ``kill -9`` at each of the eight points of a tick.

Each life is a process of its own that ends itself when it comes to the point; another one then
ticks at the same instant. Nothing is lost, and nothing done twice.
"""

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings

from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.faults.kit import oracle
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.points import AFTER_DECIDING, POINTS
from tests.faults.kit.tally import size

TIMES = size(1, 50)  # at each point
SCHEDULES = len(oracle.RHYTHMS)
SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
SCENARIO = "S2 kill -9 at a point"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lives(manage_process):
    """Let ticks die at their points; return how often each was reached, and the books."""

    def run(*options):
        entries = oracle.schedule(SCHEDULES)
        with only_declared(entries), FrozenClock(SINCE):
            Scheduler().run_once()
        extra = {
            "SCHEDULE": entries,
            "INSTALLED_APPS": [*settings.INSTALLED_APPS, "tests.faults"],
        }
        command = ("tick_until_it_ends", SINCE.isoformat(), "--times", str(TIMES), *options)
        child = manage_process(*command, settings=extra)
        assert child.wait(timeout=600) == 0
        return json.loads(child.output.splitlines()[-1]), audit()

    return run


def test_wherever_it_is_killed_the_next_one_makes_it_good(lives, tally):
    reached, books = lives()

    kills = f"{sum(reached.values())} kills, {TIMES} at each of {len(POINTS)} points"
    tally.row(
        SCENARIO,
        f"{kills}, {books.due} due: {books.jobs} jobs, {books.skipped} skipped",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra) + len(books.torn),
    )
    assert reached == dict.fromkeys(POINTS, TIMES)
    assert_balanced(books)


def test_two_steps_are_found_out_at_one_of_them(lives, tally):
    reached, books = lives("--two-steps")

    tally.control(SCENARIO, f"{len(books.duplicate)} surplus by {reached[AFTER_DECIDING]} kills")
    with pytest.raises(AssertionError, match="duplicate"):
        assert_balanced(books)
    assert reached[AFTER_DECIDING] == TIMES
