"""ready -> running."""

from collections import Counter
from datetime import timedelta

import pytest

from tasks_core.backends.database.claim import claim
from tasks_core.models import Job, Queue
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
    assert (row.fence, row.attempts, row.started_at) == (7, 2, NOON)
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


def test_jobs_of_short_tasks_are_claimed_ahead():
    make_jobs(5, task="short")

    assert len(claimed(2, ahead=2, short=["short"])) == 4


def test_no_long_job_is_claimed_ahead_and_none_that_must_not_be_counted_in_vain():
    make_jobs(2, task="long")
    for fields in (
        {"task": "long"},
        {"max_attempts": 1},
        {"concurrency_key": "k"},
        {"rate_key": "k"},
        {"timeout": timedelta(seconds=1)},
    ):
        make_job(**{"task": "short", "run_after": NOON + timedelta(seconds=1)} | fields)
    wanted = make_job(task="short", run_after=NOON + timedelta(seconds=2))

    found = claimed(2, ahead=9, short=["short"])

    assert len(found) == 3
    assert found[-1] == wanted.pk


def test_a_parked_job_is_not_claimed():
    make_job(parked=True, concurrency_key="k")

    assert claimed() == []


def test_a_suspect_is_claimed_by_who_asks_for_one_alone():
    suspect, other = make_job(suspect=True), make_job()

    assert claimed() == [other.pk]
    assert claimed(alone=True) == [suspect.pk]


def test_a_paused_queue_waits_while_the_others_are_served():
    make_job(queue="mail", priority=9)
    urgent, other = make_job(queue="b", priority=1), make_job(queue="a")
    Queue.objects.create(name="mail", paused_at=NOON)

    assert claimed(queues=["mail"]) == []
    assert claimed(1) == [urgent.pk]
    assert claimed() == [other.pk]
    assert claimed() == []

    Queue.objects.update(paused_at=None)

    assert len(claimed()) == 1


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
