"""Every verb against every state: it moves a job along its arrow, and leaves it alone otherwise."""

from datetime import timedelta

import pytest

from tasks_core import clock
from tasks_core.backends.database import (
    cancel,
    claim,
    delete,
    dispatch,
    prune,
    release,
    reschedule,
    rescue,
    retry,
    settle,
)
from tasks_core.exceptions import IllegalTransition
from tasks_core.models import Job, Process
from tasks_core.outcomes import Succeeded
from tasks_core.states import ARROWS, FINAL, JobState, allowed
from tests.tasks_core.rows import DEAD, HOUR, NOON, make_job, make_process

pytestmark = pytest.mark.django_db

LATER = NOON + 2 * HOUR


def attempt_of(job):
    from tasks_core.attempts import Attempt

    return Attempt(job_id=job.pk, task=job.task, owner=job.claimed_by_id, fence=job.fence)


def let_owners_die(job):
    Process.objects.update(lease_expires_at=clock.db_now() + DEAD)
    rescue.rescue("default", now=NOON)


VERBS = {
    "dispatch": lambda job: dispatch.dispatch("default", now=LATER),
    "claim": lambda job: claim.claim("default", owner=make_process().pk, limit=9, now=LATER),
    "settle": lambda job: settle.settle("default", [(attempt_of(job), Succeeded(1))], now=LATER),
    "release": lambda job: release.release("default", [attempt_of(job)]),
    "rescue": let_owners_die,
    "cancel": lambda job: cancel.cancel("default", [job.pk], now=LATER),
    "retry": lambda job: retry.retry("default", [job.pk], now=LATER),
    "reschedule": lambda job: reschedule.reschedule("default", [job.pk], now=NOON, when=LATER),
    "delete": lambda job: delete.delete("default", [job.pk]),
    "prune": lambda job: [
        list(prune.prune("default", state, now=LATER, older_than=timedelta(0)))
        for state in sorted(FINAL)
    ],
}


def test_every_arrow_is_tried():
    assert {arrow.verb for arrow in ARROWS} == {*VERBS, "enqueue"}


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("arrow", [arrow for arrow in ARROWS if arrow.source], ids=str)
def test_a_verb_moves_jobs_along_its_arrow_and_no_others(arrow, state):
    job = make_job(state)

    VERBS[arrow.verb](job)

    found = Job.objects.filter(pk=job.pk).first()
    if state not in arrow.source:
        assert found is not None
        assert found.state == state
    elif not arrow.target:
        assert found is None
    else:
        assert found.state in arrow.target


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("target", JobState)
def test_a_move_that_is_no_arrow_is_refused(state, target):
    if allowed(state, target):
        Job.rows.none().move(state, target)
        return
    with pytest.raises(IllegalTransition):
        Job.rows.none().move(state, target)


def test_a_final_job_never_becomes_running_or_scheduled():
    for state in FINAL:
        assert not allowed(state, JobState.RUNNING)
        assert not allowed(state, JobState.SCHEDULED)
    assert not any(allowed(JobState.SUCCESSFUL, state) for state in JobState)
