"""Limits: no permit is ever lost, and no more than allowed are claimable at once."""

import pytest

from tasks_core.backends.redis import verbs
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Snoozed, Succeeded
from tasks_core.testing import FrozenClock
from tests.tasks_core.redis.store import (
    HOUR,
    ONE,
    TWO,
    admitted,
    claim,
    claim_one,
    claimed,
    end_lease,
    everything,
    now,
    rescue,
    row,
    settle,
    state,
    store,
)
from tests.tasks_core.redis_keys import server
from tests.tasks_core.rows import NOON


def test_no_more_are_claimable_than_have_a_permit():
    jobs = [store(**TWO) for _ in range(4)]

    first, second = claim()
    assert [first.job_id, second.job_id] == jobs[:2]
    assert claim() == []

    settle(first)
    assert claimed() == [jobs[2]]


def test_the_best_that_waits_has_the_next_permit():
    store(**ONE)
    old, urgent = store(**ONE), store(**ONE, priority=9)
    settle(claim_one())

    assert claimed() == [urgent]
    assert state(old) == "ready"


@pytest.mark.parametrize(
    "outcome",
    [
        Succeeded(1),
        Cancelled(),
        Snoozed(HOUR),
        Errored(AttemptError(exception="E", message="m", traceback="…"), retry_in=HOUR),
        Errored(AttemptError(exception="E", message="m", traceback="…")),
    ],
)
def test_a_permit_is_free_however_an_attempt_ends(outcome):
    _, waits = store(**ONE), store(**ONE)

    settle(claim_one(), outcome)

    assert claimed() == [waits]
    assert admitted("tea") == 1


@pytest.mark.parametrize("how", ["cancel", "delete", "expire", "put off", "replace", "pause"])
def test_a_permit_is_free_when_its_job_does_not_run(how):
    holder = store(**ONE, key="k", queue="mail", expires_at=-HOUR if how == "expire" else None)
    waits = store(**ONE)
    free(holder, how)

    assert claimed() == [waits]
    assert admitted("tea") == 1


def free(holder, how):
    if how == "cancel":
        verbs.cancel(server(), [holder], now=now())
    elif how == "delete":
        verbs.delete(server(), [holder])
    elif how == "expire":
        verbs.expire(server(), now=now())
    elif how == "put off":
        verbs.reschedule(server(), [holder], now=now(), when=now() + HOUR)
    elif how == "replace":
        with FrozenClock(NOON):
            store(key="k", on_conflict="replace", when=HOUR)
    else:
        verbs.pause(server(), "mail", now=now())


def test_a_job_of_a_paused_queue_waits_for_its_permit_again():
    holder, waits = store(**ONE, queue="mail"), store(**ONE)
    verbs.pause(server(), "mail", now=now())
    attempt = claim_one()
    verbs.resume(server(), "mail")
    assert claim() == []

    settle(attempt)

    assert attempt.job_id == waits
    assert claimed() == [holder]


def test_what_runs_keeps_its_permit_while_its_queue_is_paused():
    store(**ONE, queue="mail")
    waits = store(**ONE)
    attempt = claim_one()
    verbs.pause(server(), "mail", now=now())
    assert claim() == []

    settle(attempt)

    assert claimed() == [waits]


@pytest.mark.parametrize("how", ["release", "rescue", "bury"])
def test_a_job_that_comes_back_keeps_its_permit(how):
    job, waits = store(**ONE, max_attempts=5), store(**ONE)
    attempt = claim_one()
    if how == "release":
        verbs.release(server(), [attempt])
    elif how == "rescue":
        end_lease(attempt.owner)
        rescue()
    else:
        verbs.bury(server(), attempt.owner, now=now(), started=[attempt.key], reasons={})

    assert claimed() + claimed(alone=True) == [job]
    assert claim() == []
    assert state(waits) == "ready"
    assert admitted("tea") == 1


def test_the_lost_free_their_permits():
    _, waits = store(**ONE, max_attempts=1), store(**ONE)
    end_lease(claim_one().owner)
    rescue()

    assert claimed() == [waits]


def test_a_retried_job_waits_for_a_permit_like_any_other():
    job, other = store(**ONE), store(**ONE)
    settle(claim_one(), Cancelled())

    verbs.retry(server(), [job], now=now())

    assert claimed() == [other]
    assert claim() == []


def test_what_was_said_last_of_a_limit_holds():
    for permits in (1, 1, 3):
        store(concurrency=("tea", permits))

    assert len(claim()) == 3


def test_a_deferred_job_takes_its_permit_when_it_is_due():
    with FrozenClock(NOON) as clock:
        deferred, soon = store(**ONE, when=HOUR), store(**ONE)
        assert claimed() == [soon]
        clock.advance(hours=2)
        assert verbs.dispatch(server()) == 1

        assert claim() == []
        assert (row(deferred)["parked"], admitted("tea")) == ("c", 1)


def test_a_forgotten_limit_is_known_again_by_the_jobs_that_have_it():
    with FrozenClock(NOON) as clock:
        deferred = [store(**ONE, when=HOUR) for _ in range(3)]
        settle_all()
        verbs.prune_keys(server(), now=now())
        assert server().client.get(server().key("permits", "tea")) in {None, b"1"}
        server().client.delete(server().key("permits", "tea"))
        clock.advance(hours=2)
        verbs.dispatch(server())

        assert claimed() == deferred[:1]


def settle_all():
    for attempt in claim(limit=99):
        settle(attempt)


def test_limits_that_nobody_needs_are_forgotten():
    with FrozenClock(NOON) as clock:
        for number in range(3):
            store(concurrency=(f"tea {number}", 1), rate="5/s")
        store(concurrency=("tea 0", 1))
        clock.advance(minutes=5)
        verbs.dispatch(server())
        settle_all()
        clock.advance(minutes=5)
        verbs.dispatch(server())
        verbs.prune_keys(server(), now=now())
        assert any(name.startswith("permits:") for name in everything())  # one has just begun

        settle_all()
        clock.advance(minutes=5)
        verbs.dispatch(server())
        verbs.prune_keys(server(), now=now())

    kept = {name.partition(":")[0] for name in everything()}
    assert kept == {"job", "ended"}
