"""
S7: a scheduler stands still at each point of its tick, a transaction and its rows in hand.

The server ends such a transaction after ten seconds, and others decide what it held; what the
woken one has still to say is refused. On SQLite, where the lock is the file's, all would wait.
"""

import json
from datetime import UTC, datetime

import pytest

from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.faults.kit import oracle
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.load import APPS
from tests.faults.kit.points import POINTS
from tests.faults.kit.tally import size

SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
SCHEDULES = 2 * len(POINTS)
LATE = 15  # seconds until others have decided what is held
SCENARIO = "S7 frozen ticks"

pytestmark = [
    pytest.mark.vendor(*size((), ("postgresql", "mysql"))),  # ten seconds of waiting
    pytest.mark.django_db(transaction=True),
]


def entry(minute):
    task = {"task": "tests.app.tasks.nothing", "timezone": "UTC", "overlap": "allow"}
    return {**task, "cron": f"{minute} * * * *"}


@pytest.fixture
def stand_still(manage_process):
    """Let ticks stand still until the others have done without them; return what was seen."""

    def run(*options):
        entries = {f"minute {each}": entry(each) for each in range(1, SCHEDULES + 1)}
        with only_declared(entries), FrozenClock(SINCE):
            Scheduler().run_once()
        command = ("tick_and_stand_still", SINCE.isoformat(), *options)
        child = manage_process(*command, settings={"INSTALLED_APPS": APPS, "SCHEDULE": entries})
        assert child.wait(timeout=300) == 0
        return json.loads(child.output.splitlines()[-1])

    return run


def test_what_is_held_is_decided_by_others(stand_still, tally):
    told = stand_still()

    books = audit(oracle.hourly)
    done = f"{told['still']} stood still, others had decided after {told['seconds']:.1f} s"
    tally.due(SCENARIO, f"{done}, {told['refused']} ended with an error", books)
    assert told["still"] == len(POINTS)
    assert_balanced(books)
    assert books.jobs == SCHEDULES
    assert told["seconds"] <= LATE


def test_without_limits_it_is_held_for_ever(stand_still, tally):
    told = stand_still("--without-limits")

    tally.control(SCENARIO, f"nobody had decided after {told['seconds']:.0f} s without limits")
    assert told["seconds"] > LATE
