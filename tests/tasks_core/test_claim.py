"""ready -> running."""

from collections import Counter
from datetime import timedelta

import pytest

from tasks_core.backends.database.claim import claim, start
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.tasks_core.races import together
from tests.tasks_core.rows import HOUR, NOON, claim_one, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db


def claimed(limit=9, **options):
    attempts = claim("default", owner=make_process().pk, limit=limit, now=NOON, **options)
    return [attempt.job_id for attempt in attempts]


def test_a_claim_is_recorded_with_owner_fence_and_attempt():
    job, process = make_job(fence=6, attempts=1), make_process()

    [attempt] = claim("default", owner=process.pk, limit=1, now=NOON)

    row = fresh(job)
    assert (row.state, row.claimed_by, row.claimed_at) == (JobState.RUNNING, process, NOON)
    assert (row.fence, row.attempts, row.started_at) == (7, 2, None)
    assert (attempt.owner, attempt.fence, attempt.number) == (process.pk, 7, 2)


def test_an_attempt_carries_what_its_job_says():
    make_job(args=[1], kwargs={"a": 2}, queue="mail", context={"key": "k"}, errors=[{"no": 1}])

    attempt = claim_one()

    assert (attempt.task, attempt.queue) == ("tests.app.tasks.nothing", "mail")
    assert (attempt.args, attempt.kwargs) == ([1], {"a": 2})
    assert (attempt.context, attempt.errors) == ({"key": "k"}, [{"no": 1}])


def test_the_highest_priority_comes_first_then_the_oldest():
    late = make_job(run_after=NOON)
    early = make_job(run_after=NOON - HOUR)
    urgent = make_job(priority=1, run_after=NOON)
    unimportant = make_job(priority=-1, run_after=NOON - 2 * HOUR)

    assert claimed() == [urgent.pk, early.pk, late.pk, unimportant.pk]


def test_no_more_than_the_limit_are_claimed():
    make_jobs(5)

    assert len(claimed(2)) == 2
    assert len(claimed(9)) == 3
    assert claimed() == []


def test_only_the_queues_that_were_asked_for_are_served():
    jobs = {queue: make_job(queue=queue).pk for queue in ("a", "b", "c")}

    assert claimed(queues=["b"]) == [jobs["b"]]
    assert set(claimed(queues=["a", "c"])) == {jobs["a"], jobs["c"]}


def test_a_union_of_queues_is_served_by_priority():
    first, second = make_job(queue="b", priority=5).pk, make_job(queue="a", priority=1).pk

    assert claimed(queues=["a", "b"]) == [first, second]


def test_a_claim_may_be_restricted_to_some_jobs():
    make_job()
    wanted = make_job()

    assert claimed(ids=[wanted.pk]) == [wanted.pk]


def test_an_expired_job_is_never_claimed():
    make_job(expires_at=NOON)
    living = make_job(expires_at=NOON + timedelta(microseconds=1))

    assert claimed() == [living.pk]


def test_a_start_is_noted_for_the_owner_alone():
    make_job()
    attempt = claim_one()
    Job.objects.update(claimed_by=make_process())

    assert start("default", [attempt], now=NOON) == []
    assert fresh(attempt).started_at is None


def test_a_start_is_noted_with_its_time():
    make_job()
    attempt = claim_one()

    assert start("default", [attempt], now=NOON) == [attempt]
    assert fresh(attempt).started_at == NOON


@pytest.mark.django_db(transaction=True)
def test_eight_threads_are_given_each_of_500_jobs_once():
    make_jobs(500)
    owners = [make_process().pk for _ in range(8)]

    def take_all(number):
        found, misses = [], 0
        while misses < 20 and Job.objects.filter(state=JobState.READY).exists():
            batch = claim("default", owner=owners[number], limit=7, now=NOON)
            misses = 0 if batch else misses + 1
            found += [attempt.job_id for attempt in batch]
        return found

    given = together(8, take_all)

    times = Counter(job_id for found in given for job_id in found)
    assert len(times) == 500
    assert set(times.values()) == {1}
    assert set(Job.objects.values_list("fence", "attempts")) == {(1, 1)}
    for owner, found in zip(owners, given, strict=True):
        assert Job.objects.filter(claimed_by=owner).count() == len(found)
