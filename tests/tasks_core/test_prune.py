"""successful, failed, cancelled -> nothing: what ended long ago."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from tasks_core import job_backends
from tasks_core.backends.database import prune as verb
from tasks_core.backends.database.pause import pause, resume
from tasks_core.backends.database.prune import prune, prune_keys, prune_processes
from tasks_core.models import Job, Limit, Process, Queue
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.worker.maintenance import Maintenance
from tasks_core.states import FINAL, JobState
from tests.tasks_core.races import together
from tests.tasks_core.rows import NOON, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEPT = {JobState.SUCCESSFUL: 7 * DAY, JobState.FAILED: 30 * DAY, JobState.CANCELLED: 30 * DAY}


def test_what_is_on_its_way_to_another_backend_is_kept_until_it_has_arrived():
    long_ago = NOON - 999 * DAY
    moving = make_job(JobState.CANCELLED, finished_at=long_ago, reason="moved to redis")
    make_job(JobState.CANCELLED, finished_at=long_ago, reason="expired")

    assert sum(prune("default", JobState.CANCELLED, now=NOON)) == 1
    assert list(Job.objects.all()) == [moving]


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


@pytest.mark.django_db(transaction=True)
def test_no_transaction_removes_more_than_a_batch():
    make_jobs(2 * verb.BATCH + 5, JobState.SUCCESSFUL, finished_at=NOON - 8 * DAY)
    left = []

    def look_after_commit(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            assert context["connection"].in_atomic_block
            transaction.on_commit(lambda: left.append(Job.objects.count()))
        return answer

    with connection.execute_wrapper(look_after_commit):
        removed = list(prune("default", JobState.SUCCESSFUL, now=NOON))

    assert removed == [verb.BATCH, verb.BATCH, 5]
    assert sorted(set(left), reverse=True) == [verb.BATCH + 5, 5, 0]


def test_the_oldest_go_first():
    make_jobs(verb.BATCH, JobState.FAILED, finished_at=NOON - 40 * DAY)
    younger = make_jobs(5, JobState.FAILED, finished_at=NOON - 39 * DAY)

    next(prune("default", JobState.FAILED, now=NOON))

    assert set(Job.objects.values_list("pk", flat=True)) == {job.pk for job in younger}


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql", "mysql")
def test_two_pruners_step_around_each_other():
    make_jobs(2 * verb.BATCH, JobState.SUCCESSFUL, finished_at=NOON - 8 * DAY)

    with transaction.atomic():
        first = next(prune("default", JobState.SUCCESSFUL, now=NOON))
        work = partial(prune, "default", JobState.SUCCESSFUL, now=NOON)
        [second] = together(1, lambda _: next(work()))

    assert (first, second) == (verb.BATCH, verb.BATCH)
    assert not Job.objects.exists()


def test_upkeep_comes_back_soon_while_much_is_left(monkeypatch):
    monkeypatch.setattr(verb, "BATCH", 3)
    make_jobs(8, JobState.SUCCESSFUL, finished_at=NOON - 9999 * DAY)
    upkeep = Maintenance(job_backends["default"], Heartbeat(job_backends["default"], kind="worker"))

    assert [upkeep.prune() for _ in range(4)] == [3, 3, 2, 0]


def test_a_limit_is_forgotten_once_no_unfinished_job_has_it():
    for name in ("unused", "ended", "waits", "paced", "remembers"):
        Limit.objects.create(key=name, permits=1)
    make_job(JobState.SUCCESSFUL, concurrency_key="ended")
    make_job(JobState.SCHEDULED, concurrency_key="waits", parked=True)
    make_job(JobState.RUNNING, rate_key="paced")
    Limit.objects.filter(key="remembers").update(next_at=NOON - timedelta(hours=1))

    assert prune_keys("default", now=NOON) == 2
    assert set(Limit.objects.values_list("pk", flat=True)) == {"waits", "paced", "remembers"}


def test_a_queue_is_forgotten_unless_it_is_paused():
    pause("default", "mail", now=NOON)
    pause("default", "other", now=NOON)
    resume("default", "other")

    assert prune_keys("default", now=NOON) == 1
    assert Queue.objects.get().name == "mail"


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql", "mysql")
def test_a_limit_that_somebody_holds_is_not_waited_for():
    Limit.objects.create(key="held")
    Limit.objects.create(key="free")

    with transaction.atomic():
        Limit.objects.select_for_update().get(pk="held")
        [count] = together(1, lambda _: prune_keys("default", now=NOON))

    assert count == 1
    assert Limit.objects.get().key == "held"


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
