"""What we ship for tests: clocks, drain, assertions."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks_core import Call, background, clock, job_backends
from tasks_core.exceptions import UnsupportedFeature
from tasks_core.models import Process
from tasks_core.outcomes import Errored, Succeeded
from tasks_core.testing import (
    FrozenClock,
    ScaledClock,
    assert_enqueued,
    assert_not_enqueued,
    drain,
    enqueued,
)
from tests.app.models import Effect
from tests.app.tasks import explode_once, leave_effect, leave_followers, nothing
from tests.tasks_core.rows import HOUR, NOON


def test_a_frozen_clock_stands_still_until_it_is_moved():
    with FrozenClock(NOON) as frozen:
        assert clock.now() == clock.now() == NOON
        frozen.advance(hours=1, minutes=5)
        assert clock.now() == NOON + timedelta(minutes=65)
        frozen.move_to(NOON)
        assert clock.now() == NOON

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_clocks_can_be_nested_and_a_failing_test_gives_the_time_back():
    with pytest.raises(RuntimeError), FrozenClock(NOON), FrozenClock(NOON + HOUR):
        assert clock.now() == NOON + HOUR
        raise RuntimeError

    assert clock.now().year != NOON.year or clock.now() != NOON


def test_a_frozen_clock_needs_an_aware_moment():
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(datetime(2026, 1, 1))


@pytest.mark.django_db
def test_a_frozen_clock_is_the_databases_clock_too():
    with FrozenClock(NOON):
        assert clock.db_now() == NOON


@pytest.mark.django_db
def test_the_databases_clock_is_aware_and_close_to_ours():
    now = clock.db_now()

    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.django_db
def test_leases_are_renewed_by_the_real_clock_in_the_databases_own_zone():
    process = job_backends["default"].register(kind="worker", queues=None, concurrency=1)

    process = Process.objects.get(pk=process.pk)

    lease = process.lease_expires_at - datetime.now(UTC)
    assert timedelta(seconds=50) < lease < timedelta(seconds=70)


def test_scaled_time_runs_faster_from_its_origin_on():
    origin = datetime.now(UTC) - HOUR
    with ScaledClock(origin, 100):
        assert clock.now() - origin > 99 * HOUR
        assert clock.real_seconds(HOUR) == 36


@pytest.mark.django_db
def test_drain_runs_what_is_due_and_what_follows_from_it():
    background.enqueue(leave_followers, ["tea", 2])
    background.defer(nothing, when=HOUR)

    ran = drain()

    assert Effect.objects.filter(name="tea").count() == 3
    assert [type(outcome) for _, outcome in ran] == [Succeeded] * 3


@pytest.mark.django_db
def test_drain_tells_how_each_attempt_ended():
    background.enqueue(nothing, priority=1)
    background.enqueue(explode_once)

    assert [type(outcome) for _, outcome in drain()] == [Succeeded, Errored]


@pytest.mark.django_db
def test_drain_cancels_what_has_expired():
    with FrozenClock(NOON) as time:
        late = background.enqueue(nothing, expires_at=timedelta(hours=1))
        time.advance(hours=2)

        assert drain() == []

    late.refresh()
    assert (late.status, late.reason) == ("cancelled", "expired")


@pytest.mark.django_db
def test_drain_serves_only_the_queues_that_were_asked_for():
    background.enqueue(leave_effect, ["a"], queue="a")
    background.enqueue(leave_effect, ["b"], queue="b")

    drain(queues=["a"])

    assert list(Effect.objects.values_list("name", flat=True)) == ["a"]


def test_drain_of_a_backend_in_band_has_nothing_to_do():
    assert drain("immediate") == []
    with pytest.raises(UnsupportedFeature, match="keeps no jobs that could be run"):
        drain("dummy")


@pytest.mark.django_db
@pytest.mark.parametrize("alias", ["default", "dummy"])
def test_stored_calls_can_be_asked_for(alias):
    if alias == "dummy":
        job_backends["dummy"].clear()
    background.on(alias).enqueue_many(
        [Call(leave_effect, ["a"], {"cup": 1}, queue="mail"), Call(leave_effect, ["b"])]
    )

    found = assert_enqueued(leave_effect, ["a"], {"cup": 1}, alias=alias, queue="mail")

    assert found["priority"] == 0
    assert [call["args"] for call in enqueued(leave_effect, alias=alias)] == [["a"], ["b"]]
    assert_not_enqueued(nothing, alias=alias)


@pytest.mark.django_db
def test_what_was_not_asked_for_is_listed():
    background.enqueue(leave_effect, ["a"])

    with pytest.raises(AssertionError, match=r"0 calls .*(?s:.*)'args': \['a'\]"):
        assert_enqueued(leave_effect, ["b"])
    with pytest.raises(AssertionError, match="found 1"):
        assert_not_enqueued()


def test_a_backend_in_band_keeps_no_calls():
    with pytest.raises(UnsupportedFeature, match="keeps no calls"):
        enqueued(alias="immediate")


@pytest.mark.django_db
def test_the_fixtures_come_by_themselves(frozen_clock, drain_jobs):
    result = background.defer(nothing, when=HOUR)
    frozen_clock.advance(hours=1)

    [(attempt, _)] = drain_jobs()

    assert attempt.job_id == result.id


@pytest.mark.django_db
def test_drain_lets_jobs_with_limits_through_one_after_the_other():
    calls = [Call(leave_effect, [name], concurrency=("pot", 1)) for name in "abc"]
    background.enqueue_many(calls)

    assert len(drain()) == 3
