"""A schedule that must succeed within a time is told of when it has not, and when it has again."""

from datetime import timedelta

import pytest

from scheduler import freshness, signals
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import HOUR, at, declare, tick

pytestmark = pytest.mark.django_db

FRESH = {"task": "tests.app.tasks.nothing", "must_succeed_within": 2 * HOUR}
FAILING = {**FRESH, "task": "tests.app.tasks.explode_once"}


@pytest.fixture
def told():
    """Return what the two signals say, as they say it."""
    heard = []

    def stale(key, since, succeeded_at, **kwargs):
        heard.append(("stale", key, since, succeeded_at))

    def fresh(key, **kwargs):
        heard.append(("fresh", key))

    signals.schedule_stale.connect(stale)
    signals.schedule_fresh.connect(fresh)
    yield heard
    signals.schedule_stale.disconnect(stale)
    signals.schedule_fresh.disconnect(fresh)


def look(moment):
    with FrozenClock(moment):
        return freshness.look()


def run(moment):
    tick(moment)
    with FrozenClock(moment):
        drain()


def stale_since():
    return Schedule.objects.get().stale_since


def test_one_that_succeeds_in_time_is_fresh(told):
    declare(at(8), **FRESH)
    run(at(9))

    assert look(at(11)) == 0
    assert (told, stale_since()) == ([], None)


def test_one_that_does_not_is_told_of_once(told):
    declare(at(8), **FRESH)
    run(at(9))

    assert [look(at(11, 0, 1)), look(at(12))] == [1, 0]

    assert told == [("stale", "tea", at(11), at(9))]
    assert stale_since() == at(11)


def test_one_that_has_never_succeeded_is_counted_from_when_it_was_first_known(told):
    declare(at(8), **FAILING)
    run(at(9))

    assert (look(at(10)), look(at(10, 1))) == (0, 1)

    assert told == [("stale", "tea", at(10), None)]


def test_its_next_success_is_told(told):
    declare(at(8), **FRESH)
    look(at(11))
    run(at(12))

    look(at(12, 1))

    assert told == [("stale", "tea", at(10), None), ("fresh", "tea")]
    assert stale_since() is None


def test_of_two_that_see_the_same_one_tells(told):
    declare(at(8), **FRESH)
    look(at(11))

    with FrozenClock(at(11)):
        (seen,) = freshness.stale("default", now=at(11))
        assert seen.key == "tea"
    look(at(11))

    assert len(told) == 1


@pytest.mark.parametrize("change", [{"enabled": False}, {"must_succeed_within": None}])
def test_one_that_need_not_succeed_any_more_is_forgotten_in_silence(told, change):
    declare(at(8), **FRESH)
    look(at(11))
    declare(at(11, 30), **FRESH | change)

    look(at(12))

    assert [word for word, *_ in told] == ["stale"]
    assert stale_since() is None


def test_the_time_while_it_was_off_does_not_count(told):
    declare(at(8), **FRESH)
    run(at(9))
    declare(at(9, 30), **FRESH, enabled=False)
    declare(at(15), **FRESH)
    declare(at(15, 30), **FRESH | {"cron": "30 * * * *"})

    assert (look(at(17)), look(at(17, 0, 1))) == (0, 1)
    assert told == [("stale", "tea", at(17), at(9))]


def test_a_retired_one_need_not_succeed(told):
    declare(at(8), **FRESH)
    with only_declared(), FrozenClock(at(9)):
        sync()

    assert (look(at(20)), told) == (0, [])


def test_a_scheduler_looks_by_itself(told):
    declare(at(8), **FRESH)
    with only_declared({"tea": FRESH | {"cron": "0 * * * *"}}), FrozenClock(at(20)):
        Scheduler().run_once()

    assert told == [("stale", "tea", at(10), None)]


def test_a_late_end_of_an_old_due_time_counts():
    declare(at(8), **FRESH, overlap="allow")
    tick(at(9))
    Occurrence.objects.update(job_state="successful", ended_at=at(12))

    assert look(at(13)) == 0
    assert list(freshness.stale("default", now=at(14) + timedelta(seconds=1))) != []
