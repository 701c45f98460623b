"""
S9: a scheduler lives through the nights of the documentation, when clocks change.

What the page says is due becomes a job, at no other time, in a process that runs through each
night thousands of times as fast.
"""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.due.zones import zone
from scheduler.models import Occurrence, ProcessFacts, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core import clock
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.faults.kit.clocks import Error, SteppedClock
from tests.faults.kit.load import APPS
from tests.faults.kit.nights import examples
from tests.faults.kit.tally import EVERY, size
from tests.tasks_core.races import eventually

SPEED = size(10_800, 1_200)
HOURS = timedelta(hours=9)
SCENARIO = "S9 nights when clocks change"

pytestmark = [
    pytest.mark.vendor(*size(("sqlite",), EVERY)),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def live(manage_process, tmp_path):
    """Let one scheduler live through nights; return what it did, and what it should have done."""
    authority = SteppedClock(datetime.now(UTC), SPEED, error=Error(tmp_path / "error"))
    manage_process(
        "run_scheduler",
        settings={"INSTALLED_APPS": APPS},
        environment={"FAULT_DATABASE_CLOCK": authority.words()},
    ).wait_for("started")
    eventually(ProcessFacts.objects.exists)  # written behind its sync, which declares nothing

    def through(night, entries):
        with only_declared(entries), FrozenClock(night):
            Scheduler().run_once()
        authority.set(night)
        with authority:
            eventually(lambda: clock.db_now() > night + HOURS)
        eventually(lambda: not Schedule.objects.filter(next_due_at__lt=night + HOURS).exists())
        made = {key: [] for key in entries}
        rows = Occurrence.objects.filter(outcome="enqueued", due_at__lt=night + HOURS)
        for row in rows.order_by("due_at"):
            made[row.schedule_key].append(row.due_at)
        jobs = Job.objects.filter(context__scheduled_for__lt=(night + HOURS).isoformat())
        assert jobs.count() == rows.count()
        for model in (Schedule, Occurrence, Job):
            model._base_manager.all().delete()
        return made

    return through


def standard(example, night):
    """Return the zone that keeps the offset of the evening before."""
    hours = night.astimezone(zone(example.zone)).utcoffset() // timedelta(hours=1)
    return f"Etc/GMT{-hours:+d}"


def differences(made, told):
    """Return how many due times the page has and the ledger has not, and the other way round."""
    lost = sum(len(set(due) - set(made[key])) for key, due in told.items())
    surplus = sum(len(set(made[key]) - set(due)) for key, due in told.items())
    return lost, surplus


def test_what_the_page_says_is_due_is_what_becomes_a_job(live, tally):
    lost = surplus = number = 0
    nights = examples()
    for night, some in nights.items():
        told = {example.key: list(example.due) for example in some}
        made = live(night, {example.key: example.entry() for example in some})

        number += sum(map(len, told.values()))
        missing, extra = differences(made, told)
        lost, surplus = lost + missing, surplus + extra
        assert made == told
    done = f"{sum(map(len, nights.values()))} examples on {len(nights)} nights at {SPEED} times"
    tally.row(SCENARIO, f"{done} the speed, {number} jobs", lost=lost, surplus=surplus)
    assert len(nights) >= 4


def test_who_keeps_the_offset_of_the_evening_before_is_found_out(live, tally):
    night, some = next(iter(examples().items()))
    told = {example.key: list(example.due) for example in some}
    entries = {example.key: example.entry(zone=standard(example, night)) for example in some}

    made = live(night, entries)

    lost, surplus = differences(made, told)
    tally.control(SCENARIO, f"{lost} lost, {surplus} surplus with the offset of the evening before")
    assert made != told
