"""running -> ready, failed: the owner's lease has ended."""

from datetime import timedelta

import pytest

from tasks_core import job_backends
from tasks_core.backends.database.claim import claim
from tasks_core.backends.database.leases import end, register, renew
from tasks_core.backends.database.rescue import bury, rescue
from tasks_core.clock import db_now
from tasks_core.leases import Renewal
from tasks_core.models import Job, Process
from tasks_core.signals import jobs_ended, jobs_rescued
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.tasks_core.races import eventually, together
from tests.tasks_core.rows import (
    DEAD,
    HOUR,
    NOON,
    claim_one,
    end_lease,
    fresh,
    make_job,
    make_process,
)

pytestmark = pytest.mark.django_db


def claimed(lease=DEAD, **fields):
    """Return an attempt of a job whose owner's lease ends so long from now."""
    make_job(**fields)
    attempt = claim_one(make_process())
    Process.objects.filter(pk=attempt.owner).update(lease_expires_at=db_now() + lease)
    return attempt


def rescued():
    return sum(each.count for each in rescue("default", now=NOON + HOUR))


def test_the_living_keep_their_jobs():
    attempt = claimed(timedelta(seconds=30))

    assert rescued() == 0
    assert fresh(attempt).state == JobState.RUNNING


def buried(*attempts, started=(), reasons=None):
    [owner] = {attempt.owner for attempt in attempts}
    return bury(
        "default",
        owner,
        now=NOON + HOUR,
        started=[attempt.key for attempt in started],
        reasons=reasons or {},
    )


def test_a_job_of_the_dead_is_ready_again_counted_and_suspect():
    attempt = claimed(active_key="tea")

    assert rescued() == 1

    job = fresh(attempt)
    assert job.suspect
    assert (job.state, job.attempts, job.active_key) == (JobState.READY, 1, "tea")
    assert (job.claimed_by, job.claimed_at, job.started_at) == (None, None, None)


def test_who_was_seen_dead_is_buried_before_its_lease_ends():
    begun = claimed(timedelta(hours=1))
    make_job()
    [waiting] = claim("default", owner=begun.owner, limit=1, now=NOON)

    buried(begun, started=[begun])

    assert (fresh(begun).state, fresh(begun).attempts, fresh(begun).suspect) == (
        JobState.READY,
        1,
        True,
    )
    assert (fresh(waiting).state, fresh(waiting).attempts, fresh(waiting).suspect) == (
        JobState.READY,
        0,
        False,
    )
    assert Process.objects.get(pk=begun.owner).stopped_at == NOON + HOUR


def test_a_job_that_never_began_is_not_lost_with_its_last_attempt():
    attempt = claimed(timedelta(hours=1), max_attempts=1)

    buried(attempt)

    assert (fresh(attempt).state, fresh(attempt).attempts) == (JobState.READY, 0)


def test_a_buried_job_without_attempts_left_says_why():
    attempt = claimed(timedelta(hours=1), max_attempts=1)

    [found] = buried(attempt, started=[attempt], reasons={attempt.key: "timeout"})

    assert (fresh(attempt).state, fresh(attempt).reason) == (JobState.FAILED, "timeout")
    assert [end.reason for end in found.ends] == ["timeout"]


def test_nobody_is_buried_twice():
    attempt = claimed(timedelta(hours=1))
    buried(attempt, started=[attempt])
    again = claim_one(make_process(), alone=True)

    assert [found.count for found in buried(attempt, started=[attempt])] == [0]
    assert fresh(again).state == JobState.RUNNING


def test_a_started_job_without_attempts_left_is_lost():
    attempt = claimed(max_attempts=1, active_key="tea")

    assert rescued() == 1

    job = fresh(attempt)
    assert (job.state, job.reason, job.active_key) == (JobState.FAILED, "lost", None)
    assert job.finished_at == NOON + HOUR


def test_what_was_lost_is_told():
    lost = claimed(max_attempts=1, context={"key": "tea"})
    ends, counts = [], []

    def note_ends(**told):
        ends.extend(told["ends"])

    def note_count(**told):
        counts.append(told["count"])

    jobs_ended.connect(note_ends)
    jobs_rescued.connect(note_count)
    job_backends["default"].rescue()

    assert [(each.id, each.reason, each.context) for each in ends] == [
        (lost.job_id, "lost", {"key": "tea"})
    ]
    assert counts == [1]


def test_a_process_is_taken_for_dead_once():
    claimed()

    assert rescued() == 1
    assert rescued() == 0
    assert Process.objects.get().stopped_at == NOON + HOUR


def test_what_a_process_claimed_after_it_was_taken_for_dead_is_rescued_too():
    """It may have slept through its own rescue, claimed once more, and died."""
    attempt = claimed()
    rescued()
    late = make_job(JobState.RUNNING, priority=9, claimed_by=Process.objects.get(pk=attempt.owner))

    assert rescued() == 1
    assert fresh(late).state == JobState.READY


def test_who_may_have_been_taken_for_dead_claims_nothing():
    owner = make_process()
    end_lease(owner.pk)
    make_job()

    assert claim("default", owner=owner.pk, limit=1, now=NOON) == []


def test_a_rescuer_whose_own_lease_has_ended_takes_nothing():
    """The database's clock jumped: every lease has ended, and nobody is dead."""
    attempt = claimed()
    rescuer = make_process()
    end_lease(rescuer.pk)

    assert rescue("default", now=NOON, rescuer=rescuer.pk) == []
    assert rescue("default", now=NOON, rescuer=attempt.owner) == []

    renew("default", rescuer.pk)
    assert sum(each.count for each in rescue("default", now=NOON, rescuer=rescuer.pk)) == 1


def test_an_orderly_end_without_jobs_needs_no_rescue():
    process = register("default", kind="worker", backend="default", queues=None, concurrency=1)

    assert end("default", process.pk)

    process.refresh_from_db()
    assert process.stopped_at is not None
    assert not job_backends["default"].has_orphans()


def test_an_end_with_jobs_leaves_them_to_the_rescuers_at_once():
    attempt = claimed(timedelta(hours=1))

    end("default", attempt.owner)

    assert eventually(job_backends["default"].has_orphans)  # the clock of SQLite has milliseconds
    assert rescued() == 1


def test_a_lease_cannot_be_renewed_after_a_rescue():
    attempt = claimed()
    assert renew("default", attempt.owner) is Renewal.LATE  # late, but nobody has noticed

    Process.objects.update(lease_expires_at=NOON - timedelta(days=9999))
    rescued()

    assert renew("default", attempt.owner) is Renewal.LOST


def test_a_frozen_clock_kills_nobody():
    claimed(timedelta(seconds=30))

    with FrozenClock(NOON + timedelta(days=400)):
        assert job_backends["default"].rescue() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_rescuers_one_takes_each_job_back():
    attempts = [claimed(max_attempts=9) for _ in range(30)]

    counts = together(6, lambda _: sum(rescued() for _ in range(4)))

    assert sum(counts) == 30
    assert Job.objects.filter(state=JobState.READY, attempts=1).count() == len(attempts)
