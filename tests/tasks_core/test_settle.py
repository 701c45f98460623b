"""running -> successful, failed, cancelled, scheduled."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from tasks_core.backends.database.settle import settle
from tasks_core.backends.database.transactions import TRIES
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Snoozed, Succeeded
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.tasks_core.races import together
from tests.tasks_core.rows import HOUR, NOON, claim_one, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

BROKEN = AttemptError(exception="builtins.RuntimeError", message="broken", traceback="…")


@pytest.fixture
def attempt():
    make_job(active_key="tea", max_attempts=2)
    return claim_one()


def settled(attempt, outcome):
    [state] = settle("default", [(attempt, outcome)], now=NOON + HOUR)
    return state


def test_a_success_keeps_the_value_and_frees_owner_and_key(attempt):
    assert settled(attempt, Succeeded({"tea": 1})) == JobState.SUCCESSFUL

    job = fresh(attempt)
    assert (job.state, job.return_value) == (JobState.SUCCESSFUL, {"tea": 1})
    assert (job.finished_at, job.claimed_by, job.active_key) == (NOON + HOUR, None, None)
    assert job.reason == ""


def test_an_outcome_that_had_to_wait_ended_when_it_ended(attempt):
    """As in a group of many, or when the database was away for a while."""
    with FrozenClock(NOON) as time:
        attempt.watch.start()
        seconds = attempt.watch.stop()
        time.advance(minutes=5)
        settled(attempt, Succeeded(None))

    job = fresh(attempt)
    assert job.finished_at == NOON + HOUR - timedelta(minutes=5)
    assert job.finished_at - job.started_at == timedelta(seconds=seconds)


def test_an_error_is_tried_again_after_its_delay(attempt):
    assert settled(attempt, Errored(BROKEN, retry_in=HOUR)) == JobState.SCHEDULED

    job = fresh(attempt)
    assert (job.state, job.run_after) == (JobState.SCHEDULED, NOON + 2 * HOUR)
    assert (job.attempts, job.active_key, job.claimed_by) == (1, "tea", None)
    assert job.errors == [BROKEN.as_dict()]


def test_an_error_of_the_last_attempt_fails_the_job(attempt):
    last = replace(attempt, number=2)

    assert settled(last, Errored(BROKEN, retry_in=HOUR)) == JobState.FAILED

    job = fresh(attempt)
    assert (job.state, job.reason, job.active_key) == (JobState.FAILED, "error", None)
    assert job.finished_at == NOON + HOUR


def test_an_error_that_would_repeat_fails_at_once(attempt):
    assert settled(attempt, Errored(BROKEN, reason="unknown task")) == JobState.FAILED

    assert fresh(attempt).reason == "unknown task"


def test_a_snooze_gives_the_attempt_back(attempt):
    assert settled(attempt, Snoozed(HOUR)) == JobState.SCHEDULED

    job = fresh(attempt)
    assert (job.attempts, job.fence, job.run_after) == (0, 1, NOON + 2 * HOUR)


def test_a_cancellation_is_kept_with_its_reason(attempt):
    assert settled(attempt, Cancelled("declined")) == JobState.CANCELLED

    assert fresh(attempt).reason == "declined"


def test_the_newest_errors_are_kept():
    make_job(max_attempts=50, errors=[{"attempt": number} for number in range(10)])

    settled(claim_one(), Errored(BROKEN))

    errors = fresh(Job.objects.get()).errors
    assert len(errors) == 10
    assert (errors[0], errors[-1]["message"]) == ({"attempt": 1}, "broken")


def test_a_delay_beyond_the_calendar_stops_nobody():
    make_jobs(3)
    attempts = [claim_one() for _ in range(3)]
    outcomes = [Succeeded(1), Snoozed(timedelta.max), Errored(BROKEN, retry_in=timedelta.max)]

    states = settle("default", list(zip(attempts, outcomes, strict=True)), now=NOON)

    assert states == [JobState.SUCCESSFUL, JobState.SCHEDULED, JobState.SCHEDULED]
    assert all(fresh(attempt).run_after.year > 9000 for attempt in attempts[1:])


def test_one_outcome_that_the_database_refuses_fails_its_job_and_no_other():
    make_jobs(3)
    attempts = [claim_one() for _ in range(3)]
    too_long = Cancelled("x" * 400_000 if connection.vendor != "sqlite" else "\ud800")

    states = settle(
        "default",
        list(zip(attempts, [Succeeded(1), too_long, Succeeded(3)], strict=True)),
        now=NOON,
    )

    assert states == [JobState.SUCCESSFUL, JobState.FAILED, JobState.SUCCESSFUL]
    assert fresh(attempts[1]).reason == "result"
    assert fresh(attempts[1]).errors[0]["message"]


def test_a_row_that_was_tampered_with_stops_nobody():
    make_jobs(2)
    attempts = [claim_one() for _ in range(2)]
    tampered = replace(attempts[0], errors=None)

    states = settle("default", [(tampered, Errored(BROKEN)), (attempts[1], Succeeded(2))], now=NOON)

    assert states == [JobState.FAILED, JobState.SUCCESSFUL]


@pytest.mark.vendor("postgresql")
@pytest.mark.django_db(transaction=True)
def test_an_outage_while_settling_fails_no_job(attempt):
    """What cannot be stored now is stored later: the caller is told, and nothing is rewritten."""

    def cut_off(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            pid = connection.connection.info.backend_pid
            together(1, lambda _: terminate(pid))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut_off), pytest.raises(OperationalError):
        settled(attempt, Succeeded(1))

    assert fresh(attempt).state == JobState.RUNNING
    assert settled(attempt, Succeeded(1)) == JobState.SUCCESSFUL


def terminate(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.vendor("sqlite")
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_busy_for_long_fails_no_job(attempt):
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    tries = []

    def give_way_at_last(execute, sql, params, many, context):
        tries.append(sql) if sql.startswith("BEGIN") else None
        if len(tries) == TRIES + 2:
            other.execute("ROLLBACK")
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    with connection.execute_wrapper(give_way_at_last), pytest.raises(OperationalError):
        settled(attempt, Succeeded(1))
    other.close()

    assert fresh(attempt).state == JobState.RUNNING
    assert settled(attempt, Succeeded(1)) == JobState.SUCCESSFUL


# Ownership. A settle that believes the id alone, as a first draft would, fails the same test.


def settle_by_id_alone(alias, pairs, *, now):
    for attempt, outcome in pairs:
        Job.rows.filter(pk=attempt.job_id).update(
            state=JobState.SUCCESSFUL,
            return_value=outcome.value,
            finished_at=now,
            claimed_by=None,
            active_key=None,
        )
    return [JobState.SUCCESSFUL for _ in pairs]


def assert_that_the_presumed_dead_cannot_settle(settle):
    make_job(max_attempts=9)
    presumed_dead = claim_one()
    Job.rows.update(state=JobState.READY, claimed_by=None)  # as a rescuer leaves it
    successor = claim_one()

    assert settle("default", [(presumed_dead, Succeeded("late"))], now=NOON) == [None]
    assert fresh(successor).state == JobState.RUNNING

    settle("default", [(successor, Succeeded("in time"))], now=NOON)
    assert settle("default", [(presumed_dead, Succeeded("late"))], now=NOON) == [None]
    assert fresh(successor).return_value == "in time"


def test_the_presumed_dead_cannot_settle():
    assert_that_the_presumed_dead_cannot_settle(settle)


def test_without_the_fence_they_could():
    with pytest.raises(AssertionError):
        assert_that_the_presumed_dead_cannot_settle(settle_by_id_alone)


def test_an_owner_cannot_settle_its_own_earlier_claim():
    make_job(max_attempts=9)
    process = make_process()
    first = claim_one(process)
    Job.rows.update(state=JobState.READY, claimed_by=None)
    second = claim_one(process)

    assert settled(first, Succeeded("first")) is None
    assert settled(second, Succeeded("second")) == JobState.SUCCESSFUL


def test_nothing_is_settled_twice(attempt):
    assert settled(attempt, Succeeded(1)) == JobState.SUCCESSFUL
    assert settled(attempt, Cancelled()) is None

    assert fresh(attempt).state == JobState.SUCCESSFUL


def test_who_was_not_told_that_it_settled_is_told_when_it_asks_again(attempt):
    """The reply of the first was lost; to call it lost ownership would keep the end a secret."""
    settled(attempt, Succeeded(1))

    assert settled(attempt, Succeeded(1)) == JobState.SUCCESSFUL
    assert fresh(attempt).return_value == 1
