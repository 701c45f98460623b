"""scheduled, ready -> cancelled."""

from datetime import timedelta

import pytest
from django.db import connection

from tasks_core import background, job_backends
from tasks_core.backends.database.cancel import cancel, cancel_requested, cancel_requests, expire
from tasks_core.backends.database.rescue import bury
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Errored, Snoozed, Succeeded
from tasks_core.signals import jobs_ended
from tasks_core.states import FINAL, JobState
from tests.app.tasks import nothing
from tests.tasks_core.races import together
from tests.tasks_core.rows import (
    NOON,
    claim_one,
    end_lease,
    fresh,
    make_job,
    make_jobs,
    make_process,
)

pytestmark = pytest.mark.django_db

WAITING = [JobState.SCHEDULED, JobState.READY]


@pytest.mark.parametrize("state", WAITING)
def test_a_waiting_job_is_cancelled_and_frees_its_key(state):
    job = make_job(state, active_key="tea", context={"key": "k"})

    [ended], asked = cancel("default", [job.pk], now=NOON)

    assert asked == []
    after = fresh(job)
    assert (after.state, after.reason, after.active_key) == (
        JobState.CANCELLED,
        "cancelled",
        None,
    )
    assert (ended.id, ended.state, ended.context) == (job.pk, JobState.CANCELLED, {"key": "k"})


def test_a_claimed_job_is_left_to_its_owner_who_is_asked():
    make_job()
    attempt = claim_one()

    ends, asked = cancel("default", [attempt.job_id], now=NOON)

    assert (ends, asked) == ([], [attempt.job_id])
    assert fresh(attempt).state == JobState.RUNNING
    assert cancel_requests("default", attempt.owner) == [attempt.key]


def test_the_first_request_is_the_one_that_is_kept():
    make_job()
    attempt = claim_one()

    for moment in (NOON, NOON + timedelta(hours=1)):
        assert cancel("default", [attempt.job_id], now=moment).asked == [attempt.job_id]

    assert fresh(attempt).cancel_requested_at == NOON


def test_a_final_job_stays_as_it_is():
    for state in FINAL:
        job = make_job(state)
        assert cancel("default", [job.pk], now=NOON) == ([], [])
        assert fresh(job).cancel_requested_at is None


def test_only_the_owner_is_asked():
    make_jobs(2)
    mine, other = claim_one(), claim_one()

    cancel("default", [other.job_id], now=NOON)

    assert cancel_requests("default", mine.owner) == []


def boom():
    error = AttemptError.of(RuntimeError("boom"), attempt=1)
    return Errored(error, retry_in=timedelta(seconds=1))


BACK = {
    "retry": lambda backend, attempt: backend.settle([(attempt, boom())]),
    "snooze": lambda backend, attempt: backend.settle([(attempt, Snoozed(timedelta(hours=1)))]),
    "release": lambda backend, attempt: backend.release([attempt]),
    "rescue": lambda backend, attempt: (end_lease(attempt.owner), backend.rescue()),
    "burial of one that ran": lambda backend, attempt: backend.bury(attempt.owner, {attempt.key}),
    "burial of one that did not": lambda backend, attempt: backend.bury(attempt.owner, set()),
}


@pytest.mark.parametrize("how", BACK)
def test_a_job_that_was_asked_to_stop_does_not_run_again(how):
    told = []

    def listen(ends, **kwargs):
        told.extend(end.id for end in ends)

    jobs_ended.connect(listen)
    backend = job_backends["default"]
    make_jobs(2, active_key=None)
    attempt, untouched = claim_one(), claim_one()
    backend.cancel([attempt.job_id])

    BACK[how](backend, attempt)
    BACK[how](backend, untouched)

    after = fresh(attempt)
    assert (after.state, after.reason) == (JobState.CANCELLED, "cancelled")
    assert told == [attempt.job_id]
    assert fresh(untouched).state in WAITING


@pytest.mark.parametrize("started", [True, False])
def test_nobody_sees_it_ready_between_a_burial_and_its_end(started):
    make_jobs(1, active_key=None)
    attempt = claim_one()
    job_backends["default"].cancel([attempt.job_id])

    [rescued] = bury(
        "default", attempt.owner, now=NOON, started={attempt.key} if started else set()
    )

    assert fresh(attempt).state == JobState.CANCELLED  # with the one commit of the burial
    assert [end.id for end in rescued.ends] == [attempt.job_id]


def test_a_job_that_succeeded_all_the_same_has_succeeded():
    make_job()
    attempt = claim_one()
    backend = job_backends["default"]
    backend.cancel([attempt.job_id])

    assert backend.settle([(attempt, Succeeded())]) == [JobState.SUCCESSFUL]


def test_a_retry_forgets_the_request():
    job = make_job(JobState.CANCELLED, cancel_requested_at=NOON, suspect=True)

    job_backends["default"].retry([job.pk])

    assert (fresh(job).cancel_requested_at, fresh(job).suspect) == (None, False)
    assert cancel_requested("default", now=NOON) == []


def test_both_numbers_are_told_in_words():
    make_jobs(4)
    claim_one()
    ids = list(Job.objects.values_list("pk", flat=True))

    stopped = job_backends["default"].cancel(ids)

    assert stopped == (3, 1)
    assert str(stopped) == "3 cancelled, 1 asked to stop"
    assert str(job_backends["default"].cancel([])) == "0 cancelled"


@pytest.mark.parametrize("state", WAITING)
def test_an_expired_job_is_cancelled_at_its_time_and_not_before(state):
    job = make_job(state, expires_at=NOON)

    assert expire("default", now=NOON - timedelta(microseconds=1)) == []
    assert len(expire("default", now=NOON)) == 1
    assert (fresh(job).state, fresh(job).reason) == (JobState.CANCELLED, "expired")


def test_a_job_whose_end_is_taken_away_meanwhile_is_left_alone():
    kept, late = (make_job(expires_at=NOON) for _ in range(2))

    def take_away(execute, sql, *rest):
        answer = execute(sql, *rest)
        if sql.startswith("SELECT"):  # the first, before the transaction
            meddler.__exit__(None, None, None)
            Job.rows.filter(pk=kept.pk).update(expires_at=None)
        return answer

    meddler = connection.execute_wrapper(take_away)
    meddler.__enter__()
    [ended] = expire("default", now=NOON)

    assert ended.id == late.pk
    assert fresh(kept).state == JobState.READY


def test_a_job_without_an_end_never_expires():
    make_job()

    assert expire("default", now=NOON + timedelta(days=9999)) == []


def test_who_asked_can_see_it_and_everybody_is_told():
    told = []

    def listen(ends, **kwargs):
        told.extend(ends)

    jobs_ended.connect(listen)
    result = background.enqueue(nothing)

    assert job_backends["default"].cancel([result.id]) == (1, 0)

    result.refresh()
    assert (result.status, result.reason) == (JobState.CANCELLED, "cancelled")
    assert [each.id for each in told] == [result.id]


@pytest.mark.django_db(transaction=True)
def test_a_job_is_either_claimed_or_cancelled():
    jobs = make_jobs(200)
    ids = [job.pk for job in jobs]

    def race(number):
        if number % 2:
            return sum(len(cancel("default", [pk], now=NOON).ends) for pk in ids)
        backend, owner = job_backends["default"], owners[number // 2]
        return sum(len(backend.claim(owner=owner, limit=3)) for _ in range(40))

    owners = [make_process().pk for _ in range(2)]
    counts = together(4, race)

    cancelled = Job.objects.filter(state=JobState.CANCELLED, attempts=0).count()
    running = Job.objects.filter(state=JobState.RUNNING, attempts=1).count()
    assert (counts[1] + counts[3], counts[0] + counts[2]) == (cancelled, running)
    assert cancelled + running + Job.objects.filter(state=JobState.READY).count() == 200
