"""running -> successful, failed, cancelled, scheduled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tasks_core import JobState
from tasks_core.backends.redis import verbs
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Snoozed, Succeeded
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    end_lease,
    everything,
    process,
    row,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server

BROKEN = AttemptError(exception="builtins.RuntimeError", message="broken", traceback="…")


@pytest.fixture
def attempt():
    store(key="tea", max_attempts=2)
    return claim_one()


def settled(attempt, outcome):
    [found] = verbs.settle(server(), [(attempt, outcome)], now=server().now())
    return found


def kept_of(attempt):
    return verbs.snapshots(server(), [attempt.job_id])[attempt.job_id]


def test_a_success_keeps_the_value_and_frees_owner_and_key(attempt):
    assert settled(attempt, Succeeded({"tea": 1})) == JobState.SUCCESSFUL

    assert kept_of(attempt).value == {"tea": 1}
    assert row(attempt)["owner"] == ""
    assert set(everything()) == {
        f"job:{attempt.job_id.hex}",
        "ended:successful",
        "queues",
    }


def test_an_error_is_tried_again_after_its_delay(attempt):
    assert settled(attempt, Errored(BROKEN, retry_in=HOUR)) == JobState.SCHEDULED

    kept = kept_of(attempt)
    assert (kept.status, kept.attempts, kept.errors) == (JobState.SCHEDULED, 1, [BROKEN])
    assert store(key="tea") == attempt.job_id


def test_an_error_of_the_last_attempt_fails_the_job(attempt):
    assert settled(replace(attempt, number=2), Errored(BROKEN, retry_in=HOUR)) == JobState.FAILED
    assert kept_of(attempt).reason == "error"


def test_a_snooze_gives_the_attempt_back(attempt):
    assert settled(attempt, Snoozed(HOUR)) == JobState.SCHEDULED
    assert (kept_of(attempt).attempts, row(attempt)["fence"]) == (0, "1")


def test_a_cancellation_is_kept_with_its_reason(attempt):
    assert settled(attempt, Cancelled("declined")) == JobState.CANCELLED
    assert kept_of(attempt).reason == "declined"


def test_a_delay_beyond_the_calendar_stops_nobody(attempt):
    assert settled(attempt, Snoozed(timedelta.max)) == JobState.SCHEDULED
    look = verbs.look(server(), process())
    assert look.next_run_after.year > 9000


@pytest.mark.parametrize("outcome", [Succeeded(1), Snoozed(HOUR), Errored(BROKEN, retry_in=HOUR)])
def test_who_was_not_told_that_it_settled_is_told_when_it_asks_again(attempt, outcome):
    first = settled(attempt, outcome)

    assert settled(attempt, outcome) == first
    assert first is not None


def test_nothing_is_settled_twice(attempt):
    assert settled(attempt, Succeeded(1)) == JobState.SUCCESSFUL
    assert settled(attempt, Cancelled()) is None

    assert kept_of(attempt).status == JobState.SUCCESSFUL


def test_the_presumed_dead_cannot_settle():
    store(max_attempts=9)
    presumed_dead = claim_one()
    end_lease(presumed_dead.owner)
    verbs.rescue(server(), now=server().now())
    owner = process()
    second = claim_one(owner, alone=True)

    assert settled(presumed_dead, Succeeded("late")) is None
    assert settled(replace(presumed_dead, owner=owner), Succeeded("late")) is None
    assert settled(replace(second, owner=presumed_dead.owner), Succeeded("late")) is None
    assert settled(second, Succeeded("in time")) == JobState.SUCCESSFUL
    assert settled(presumed_dead, Succeeded("late")) is None
    assert kept_of(second).value == "in time"


def test_many_are_settled_at_once_and_each_for_itself():
    store_many(3)
    attempts = claim()
    outcomes = [Succeeded(1), Snoozed(HOUR), Succeeded(3)]
    pairs = [
        (attempts[0], outcomes[0]),
        (attempts[1], outcomes[1]),
        (replace(attempts[2], fence=7), outcomes[2]),
    ]

    states = verbs.settle(server(), pairs, now=server().now())

    assert states == [JobState.SUCCESSFUL, JobState.SCHEDULED, None]
    assert state(attempts[2]) == "running"


def test_what_has_ended_is_forgotten_by_the_server_if_nobody_prunes(attempt, settings):
    settings.TASKS_CORE = {"RETAIN_SUCCESSFUL": timedelta(hours=2)}
    settled(attempt, Succeeded(1))

    left = server().client.ttl(server().key("job", attempt.job_id.hex))
    assert 2 * 3600 < left <= 3 * 3600


def test_progress_is_the_owners_word_alone(attempt):
    def report(told, done):
        return verbs.report_progress(server(), [(told, done, 9)])

    assert report(attempt, 3) == 1
    assert report(replace(attempt, fence=8), 7) == 0
    assert kept_of(attempt).progress == (3, 9)
    settled(attempt, Succeeded(1))
    assert report(attempt, 8) == 0
