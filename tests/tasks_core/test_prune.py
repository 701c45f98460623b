"""successful, failed, cancelled -> nothing: what ended long ago."""

from datetime import timedelta

import pytest

from tasks_core import job_backends
from tasks_core.backends.database import prune as verb
from tasks_core.backends.database.prune import prune, prune_processes
from tasks_core.models import Job, Process
from tasks_core.states import FINAL, JobState
from tests.tasks_core.rows import NOON, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEPT = {JobState.SUCCESSFUL: 7 * DAY, JobState.FAILED: 30 * DAY, JobState.CANCELLED: 30 * DAY}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_job_is_kept_for_its_time_and_then_removed(state):
    old = make_job(state, finished_at=NOON - KEPT[state] - timedelta(seconds=1))
    young = make_job(state, finished_at=NOON - KEPT[state])

    assert list(prune("default", state, now=NOON)) == [1]
    assert not Job.objects.filter(pk=old.pk).exists()
    assert Job.objects.filter(pk=young.pk).exists()


def test_the_retention_is_a_setting(settings):
    settings.TASKS_CORE = {"RETAIN_FAILED": timedelta(hours=1)}
    make_job(JobState.FAILED, finished_at=NOON - timedelta(hours=2))

    assert list(prune("default", JobState.FAILED, now=NOON)) == [1]


def test_much_is_removed_batch_by_batch():
    make_jobs(verb.BATCH + 5, JobState.SUCCESSFUL, finished_at=NOON - 8 * DAY)

    assert list(prune("default", JobState.SUCCESSFUL, now=NOON)) == [verb.BATCH, 5]


def test_unfinished_jobs_are_never_pruned():
    for state in set(JobState) - FINAL:
        make_job(state, enqueued_at=NOON - 999 * DAY)

    for state in sorted(FINAL):
        assert list(prune("default", state, now=NOON, older_than=timedelta(0))) == []


def test_processes_that_stopped_yesterday_are_forgotten():
    make_process(stopped_at=NOON - 2 * DAY)
    make_process(stopped_at=NOON - timedelta(hours=1))
    make_process()

    assert prune_processes("default", now=NOON) == 1
    assert Process.objects.count() == 2


def test_a_stopped_process_that_owns_a_job_is_kept():
    owner = make_process(stopped_at=NOON - 2 * DAY)
    make_job(JobState.RUNNING, claimed_by=owner)

    assert prune_processes("default", now=NOON) == 0


def test_who_comes_sweeps_up_who_left():
    gone = make_process(stopped_at=NOON - 999 * DAY)

    job_backends["default"].register(kind="worker", queues=None, concurrency=1)

    assert not Process.objects.filter(pk=gone.pk).exists()
