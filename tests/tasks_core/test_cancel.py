"""scheduled, ready -> cancelled."""

from datetime import timedelta

import pytest
from django.db import connection

from tasks_core import background, job_backends
from tasks_core.backends.database.cancel import cancel, expire
from tasks_core.models import Job
from tasks_core.signals import jobs_ended
from tasks_core.states import JobState
from tests.app.tasks import nothing
from tests.tasks_core.races import together
from tests.tasks_core.rows import NOON, claim_one, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

WAITING = [JobState.SCHEDULED, JobState.READY]


@pytest.mark.parametrize("state", WAITING)
def test_a_waiting_job_is_cancelled_and_frees_its_key(state):
    job = make_job(state, active_key="tea", context={"key": "k"})

    [ended] = cancel("default", [job.pk], now=NOON)

    after = fresh(job)
    assert (after.state, after.reason, after.active_key) == (
        JobState.CANCELLED,
        "cancelled",
        None,
    )
    assert (ended.id, ended.state, ended.context) == (job.pk, JobState.CANCELLED, {"key": "k"})


def test_a_claimed_job_is_left_to_its_owner():
    make_job()
    attempt = claim_one()

    assert cancel("default", [attempt.job_id], now=NOON) == []
    assert fresh(attempt).state == JobState.RUNNING


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
            Job.objects.filter(pk=kept.pk).update(expires_at=None)
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

    assert job_backends["default"].cancel([result.id]) == 1

    result.refresh()
    assert (result.status, result.reason) == (JobState.CANCELLED, "cancelled")
    assert [each.id for each in told] == [result.id]


@pytest.mark.django_db(transaction=True)
def test_a_job_is_either_claimed_or_cancelled():
    jobs = make_jobs(200)
    ids = [job.pk for job in jobs]

    def race(number):
        if number % 2:
            return sum(len(cancel("default", [pk], now=NOON)) for pk in ids)
        backend, owner = job_backends["default"], owners[number // 2]
        return sum(len(backend.claim(owner=owner, limit=3)) for _ in range(40))

    owners = [make_process().pk for _ in range(2)]
    counts = together(4, race)

    cancelled = Job.objects.filter(state=JobState.CANCELLED, attempts=0).count()
    running = Job.objects.filter(state=JobState.RUNNING, attempts=1).count()
    assert (counts[1] + counts[3], counts[0] + counts[2]) == (cancelled, running)
    assert cancelled + running + Job.objects.filter(state=JobState.READY).count() == 200
