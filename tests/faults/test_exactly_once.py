"""
Each due instant becomes exactly one job or is covered by one recorded skip, come what may.

Three schedulers share two hundred schedules at 240 times the speed of time, and one of them is
killed every 0.3 to 0.9 seconds. FAULT_SECONDS sets for how long.
"""

import os
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import monotonic

import pytest
from django.conf import settings

from scheduler.models import Schedule
from tests.faults import oracle
from tests.faults.books import assert_balanced, audit

SECONDS = float(os.environ.get("FAULT_SECONDS", "60"))
CONTROL_SECONDS = min(SECONDS, 15)
PROCESSES, SCHEDULES, SPEED = 3, 200, 240

pytestmark = pytest.mark.every_database


@dataclass
class Havoc:
    """Runs a command in several processes and kills one at random, again and again."""

    start: object  # of one process
    seed: int
    kills: int = 0

    def wreak(self, *, seconds):
        chance = random.Random(self.seed)
        children = [self.start() for _ in range(PROCESSES)]
        ends_at = monotonic() + seconds
        while monotonic() < ends_at:
            Event().wait(chance.uniform(0.3, 0.9))  # the fault's own rhythm, no waiting for luck
            victim = chance.randrange(PROCESSES)
            children[victim].kill()
            self.kills += 1
            children[victim] = self.start()
        for child in children:
            child.stop()


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
def tell(capsys):
    def tell(words):
        with capsys.disabled():
            sys.stdout.write(f"\n{words}\n")

    return tell


def test_nothing_is_lost_and_nothing_done_twice(children, tell):
    assert children("run_scheduler", "--once").wait() == 0
    havoc = Havoc(lambda: children("run_scheduler"), seed=random.randrange(10**6))

    havoc.wreak(seconds=SECONDS)
    assert children("run_scheduler", "--once").wait() == 0  # what was due while the last stopped
    books = audit()

    tell(f"exactly once, {os.environ['TEST_DB']}: {havoc.kills} kills (seed {havoc.seed}), {books}")
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)
    assert havoc.kills >= SECONDS


def test_the_usual_two_steps_are_found_out(children, tell):
    assert children("run_scheduler", "--once").wait() == 0
    havoc = Havoc(lambda: children("run_two_steps"), seed=random.randrange(10**6))

    havoc.wreak(seconds=CONTROL_SECONDS)
    books = audit()

    tell(f"two steps, {os.environ['TEST_DB']}: {havoc.kills} kills (seed {havoc.seed}), {books}")
    with pytest.raises(AssertionError, match="duplicate"):
        assert_balanced(books)
    assert books.duplicate
