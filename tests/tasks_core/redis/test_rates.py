"""Rates: jobs pass one after the other, as often as is allowed and no more often."""

from datetime import timedelta

import pytest

from tasks_core.backends.redis import verbs
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.tasks_core.redis.store import (
    ONE,
    TWO,
    admitted,
    claim,
    claimed,
    now,
    process,
    row,
    settle,
    state,
    store,
)
from tests.tasks_core.redis_keys import server
from tests.tasks_core.rows import NOON


def test_jobs_pass_as_their_rate_says():
    with FrozenClock(NOON) as clock:
        jobs = [store(rate="2/m") for _ in range(3)]
        assert claimed() == jobs[:1]

        assert verbs.look(server(), process()).next_run_after == NOON + timedelta(seconds=30)
        clock.advance(seconds=29)
        verbs.dispatch(server())
        assert claim() == []

        clock.advance(seconds=1)
        verbs.dispatch(server())
        assert claimed() == jobs[1:2]

        clock.advance(hours=1)  # nothing is saved up
        verbs.dispatch(server())
        assert claimed() == jobs[2:]


def test_a_rate_holds_over_queues_and_priorities():
    with FrozenClock(NOON) as clock:
        store(rate="1/m", queue="a")
        slow, fast = store(rate="1/m"), store(rate="1/m", priority=5, queue="b")
        claim()
        clock.advance(minutes=1)
        verbs.dispatch(server())

        assert claimed() == [fast]
        assert state(slow) == "ready"


def test_both_limits_are_obeyed():
    with FrozenClock(NOON) as clock:
        jobs = [store(**TWO, rate="1/m") for _ in range(4)]
        [first] = claim()
        clock.advance(minutes=1)
        verbs.dispatch(server())
        [second] = claim()
        clock.advance(minutes=5)
        verbs.dispatch(server())
        assert claim() == []  # its time has come, but both permits are in use

        settle(first)
        settle(second)

        assert claimed() == jobs[2:3]


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_what_waits_for_its_time_and_goes_frees_its_permit(how):
    with FrozenClock(NOON):
        store(rate="1/m")
        claim()
        holder, waits = store(**ONE, rate="1/m"), store(nothing, **ONE, queue="b")
        assert row(holder)["parked"] == "r"
        if how == "cancel":
            verbs.cancel(server(), [holder], now=now())
        else:
            verbs.delete(server(), [holder])

        assert claimed() == [waits]
        assert admitted("tea") == 1
