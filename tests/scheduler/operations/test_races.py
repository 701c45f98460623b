"""Operators at the same moment as each other, and as schedulers that tick."""

import pytest

from scheduler import schedules
from scheduler.exceptions import OperationRefused
from scheduler.models import Occurrence, OperatorAction, Schedule
from scheduler.operations import backfill, gaps
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.operations.places import NOTHING, make
from tests.scheduler.places import at
from tests.tasks_core.races import together

pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER = 4


@pytest.fixture
def nine():
    """Let it be nine o'clock for everybody, with a schedule that is due."""
    make(at(8))
    with only_declared(), FrozenClock(at(9)):
        yield


def planned():
    rows = Occurrence.objects.filter(batch="").order_by("due_at")
    return [(row.due_at, row.outcome) for row in rows]


def synced():
    scheduler = Scheduler()
    scheduler.synced = True
    return scheduler


def test_runs_while_schedulers_tick(nine):
    def work(number):
        return schedules.run("tea") if number % 2 else synced().tick()

    together(2 * TOGETHER, work)
    synced().tick()  # whoever met a locked row has left it to the next look

    assert planned() == [(at(9), "enqueued")]
    assert Occurrence.objects.exclude(batch="").count() == TOGETHER
    assert Job.objects.count() == TOGETHER + 1
    assert Schedule.objects.values_list("watermark", "next_due_at").get() == (at(9), at(10))


def test_a_pause_while_schedulers_tick(nine):
    def work(number):
        return synced().tick() if number else schedules.pause("tea")

    together(TOGETHER, work)

    assert planned() == [(at(9), "enqueued")]  # it was due before the pause


def test_two_pauses_are_one(nine):
    paused = together(TOGETHER, lambda number: schedules.pause("tea", user=f"operator {number}"))

    assert sorted(paused) == [False] * (TOGETHER - 1) + [True]
    assert OperatorAction.objects.filter(verb="pause").count() == 1


def test_two_resumes_catch_up_once(nine):
    with FrozenClock(at(9, 30)) as clock:
        schedules.pause("tea")
        clock.move_to(at(12, 30))
        together(TOGETHER, lambda number: schedules.resume("tea", catch_up="all"))

    rows = Occurrence.objects.exclude(batch="").order_by("due_at")
    assert [row.due_at for row in rows] == [at(10), at(11), at(12)]


def test_overlapping_backfills_make_nothing_twice(nine):
    def fill(number):
        return schedules.backfill("tea", since=at(number, days=-2), until=at(8))

    together(TOGETHER, fill)

    made = list(Occurrence.objects.values_list("due_at", flat=True))
    assert len(made) == len(set(made)) == 56


def makes_nothing_twice_after_somebody_else():
    """Let one find what there is to make, and another make some of it before the first does."""
    everybodys = {"since": at(1), "until": at(6)}
    told = []

    def another(count):
        if not told:
            told.append(count)
            schedules.backfill("tea", since=at(1, 30), until=at(6))

    schedules.backfill("tea", **everybodys, progress=another)

    assert Job.objects.count() == 5


def test_what_another_makes_meanwhile_is_left_out(nine, monkeypatch):
    monkeypatch.setitem(backfill.__globals__, "CHUNK", 2)

    makes_nothing_twice_after_somebody_else()


def test_one_who_does_not_look_again_is_noticed(nine, monkeypatch):
    monkeypatch.setitem(backfill.__globals__, "CHUNK", 2)
    looks = []

    def only_at_first(key, due, **options):
        looks.append(due)
        return unmade(key, due, **options) if len(looks) == 1 else list(due)

    unmade = gaps.unmade
    monkeypatch.setattr(gaps, "unmade", only_at_first)

    with pytest.raises(AssertionError):
        makes_nothing_twice_after_somebody_else()


def test_one_of_those_who_take_a_key_gets_it():
    def create(number):
        try:
            return schedules.create("tea", task=NOTHING, cron=f"{number} * * * *").key
        except OperationRefused as error:
            return str(error)

    with only_declared(), FrozenClock(at(8)):
        answers = together(TOGETHER, create)

    assert answers.count("tea") == 1
    assert Schedule.objects.get().next_due_at is not None


def test_a_schedule_that_is_deleted_while_it_is_ticked_leaves_no_half(nine):
    def work(number):
        return synced().tick() if number else schedules.delete("tea")

    together(TOGETHER, work)

    assert planned() == [(at(9), "enqueued")]
    assert Job.objects.count() == 1
    assert not Schedule.objects.exists()
