"""running -> ready: by the owner, who has not started."""

import pytest

from tasks_core.backends.database.release import release, release_strays
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.tasks_core.rows import NOON, claim_one, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db


def test_a_released_job_is_as_if_never_claimed():
    make_job(active_key="tea")
    attempt = claim_one()

    assert release("default", [attempt]) == 1

    job = fresh(attempt)
    assert (job.state, job.attempts, job.claimed_by) == (JobState.READY, 0, None)
    assert (job.claimed_at, job.started_at, job.active_key) == (None, None, "tea")


def test_the_fence_stays_raised():
    make_job()
    attempt = claim_one()

    release("default", [attempt])

    assert fresh(attempt).fence == attempt.fence
    assert claim_one().fence == attempt.fence + 1


def test_only_the_owner_releases():
    make_job()
    attempt = claim_one()
    Job.rows.update(claimed_by=make_process())

    assert release("default", [attempt]) == 0
    assert fresh(attempt).state == JobState.RUNNING


def test_an_earlier_claim_releases_nothing():
    make_job()
    process = make_process()
    first = claim_one(process)
    release("default", [first])
    second = claim_one(process)

    assert release("default", [first]) == 0
    assert fresh(second).state == JobState.RUNNING


def test_strays_are_what_an_owner_holds_without_knowing():
    make_jobs(3)
    process = make_process()
    known, stray = claim_one(process), claim_one(process)
    of_another = claim_one()

    assert release_strays("default", process.pk, known=[(known.job_id, known.fence)]) == 1

    assert fresh(stray).state == JobState.READY
    assert fresh(known).state == fresh(of_another).state == JobState.RUNNING
    assert fresh(stray).run_after == NOON
