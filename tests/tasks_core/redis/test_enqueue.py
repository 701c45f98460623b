"""nothing -> scheduled, ready."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks_core import Call, JobState, background, registry
from tasks_core.backends.redis import verbs
from tasks_core.backends.redis.enqueue import BATCH
from tasks_core.ids import job_id
from tasks_core.outcomes import Succeeded
from tasks_core.states import UNKNOWN
from tasks_core.testing import FrozenClock
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    claimed,
    everything,
    row,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server


def test_a_job_is_kept_as_it_was_said():
    job = store(leave_effect, "tea", queue="mail", priority=7, max_attempts=3, timeout=9, label="x")

    attempt = claim_one()

    assert (attempt.job_id, attempt.args, attempt.queue) == (job, ["tea"], "mail")
    assert (attempt.priority, attempt.max_attempts) == (7, 3)
    assert (attempt.timeout, attempt.refused) == (timedelta(seconds=9), "")


def test_more_than_a_script_takes_are_stored_in_their_order():
    jobs = store_many(BATCH + 9)

    assert claimed(limit=len(jobs)) == jobs


def test_a_deferred_job_waits_for_its_time():
    with FrozenClock(datetime(2026, 11, 21, 12, tzinfo=UTC)) as clock:
        job = store(when=HOUR)
        assert (state(job), claim()) == ("scheduled", [])

        clock.advance(minutes=59)
        assert verbs.dispatch(server()) == 0

        clock.advance(minutes=30)
        assert verbs.dispatch(server()) == 1
        [attempt] = claim()

    assert attempt.run_after == datetime(2026, 11, 21, 13, tzinfo=UTC)  # however late it is


@pytest.mark.parametrize("year", [1900, 1969, 2001])
def test_a_time_long_past_is_now(year):
    job = store(when=datetime(year, 1, 1, tzinfo=UTC))
    other = store()

    assert claimed() == [job, other]


def test_what_was_due_first_comes_first_whenever_it_was_stored():
    with FrozenClock(datetime(2026, 11, 21, 12, tzinfo=UTC)) as clock:
        later, sooner = store(when=2 * HOUR), store(when=HOUR)
        clock.advance(hours=3)
        third = store()
        verbs.dispatch(server(), limit=500)

        assert claimed() == [sooner, later, third]


def test_no_more_than_a_batch_is_dispatched_at_once():
    with FrozenClock(datetime(2026, 11, 21, 12, tzinfo=UTC)) as clock:
        store_many(5, when=HOUR)
        clock.advance(hours=2)

        assert [verbs.dispatch(server(), limit=3) for _ in range(3)] == [3, 2, 0]


# Ids that the caller gives.


def enqueue_with(given, **options):
    [stored] = verbs.enqueue(server(), [checked(id=given, **options)])
    return stored


def checked(**options):
    return Call(registry.find(nothing), [], {}, **options)


def test_an_id_that_is_known_is_stored_once():
    given = job_id()

    first, second = enqueue_with(given), enqueue_with(given, priority=5)

    assert second.is_new is False
    assert (first.snapshot.id, second.snapshot.id) == (given, given)
    assert row(given)["pri"] == "0"
    assert claimed() == [given]


@pytest.mark.parametrize("gone", ["deleted", "pruned"])
def test_an_id_whose_job_is_gone_is_refused_for_a_week(gone):
    given = job_id()
    enqueue_with(given)
    if gone == "deleted":
        assert verbs.delete(server(), [given]) == 1
    else:
        verbs.cancel(server(), [given], now=server().now())
        later = server().now() + HOUR
        assert sum(verbs.prune(server(), JobState.CANCELLED, now=later, older_than=HOUR / 2)) == 1

    again = enqueue_with(given)

    assert (again.is_new, again.snapshot.status) == (False, UNKNOWN)
    assert state(given) is None
    assert claim() == []
    assert 6 * 86400 < server().client.ttl(server().key("gone", given.hex)) <= 7 * 86400


def test_an_id_that_nobody_gave_leaves_nothing_behind():
    job = store()
    verbs.delete(server(), [job])

    assert set(everything()) <= {"queues"}


# Unique keys.


def test_the_job_that_holds_a_key_stands_for_later_calls():
    first, second = store(key="tea"), store(key="tea")

    assert first == second
    assert claimed() == [first]
    assert store(key="tea") == first


@pytest.mark.parametrize("end", ["cancel", "delete", "settle"])
def test_a_key_is_free_when_its_job_has_ended(end):
    first = store(key="tea")
    if end == "settle":
        verbs.settle(server(), [(claim_one(), Succeeded(1))], now=server().now())
    elif end == "cancel":
        verbs.cancel(server(), [first], now=server().now())
    else:
        verbs.delete(server(), [first])

    assert store(key="tea") != first


def test_a_key_that_a_vanished_job_holds_is_free():
    server().client.set(server().key("key", "tea"), job_id().hex)

    job = store(key="tea")

    assert claimed() == [job]


def test_a_later_call_takes_the_place_of_one_that_waits():
    with FrozenClock(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        first = store(leave_effect, "old", key="tea", priority=5, timeout=9, expires_at=HOUR)
        result = background.on("redis").enqueue(
            leave_effect, ["new"], key="tea", on_conflict="replace", queue="mail"
        )

        [attempt] = claim()

    assert result.id == first
    assert (attempt.args, attempt.queue, attempt.priority) == (["new"], "mail", 0)
    assert (attempt.timeout, attempt.refused) == (None, "")
    assert "expires" not in row(first)


def test_nothing_takes_the_place_of_what_runs():
    first = store(leave_effect, "old", key="tea")
    attempt = claim_one()

    again = background.on("redis").defer(
        leave_effect, ["new"], key="tea", on_conflict="replace", when=HOUR
    )

    assert (again.id, again.status) == (first, JobState.RUNNING)
    assert row(attempt)["state"] == "running"
