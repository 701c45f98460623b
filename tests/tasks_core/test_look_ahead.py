"""Jobs that are claimed before a slot is free: never for long, and never for nothing."""

import threading

import pytest
from django.db import connections

from tasks_core import background, job_backends
from tasks_core.models import Job
from tasks_core.processes.worker import Worker
from tasks_core.processes.worker import intake as module
from tasks_core.states import JobState
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db(transaction=True)

opened, entered = threading.Event(), threading.Event()
QUICK = 20


def usually_short(*, is_long):
    if is_long:
        entered.set()
        assert opened.wait(60)


@pytest.fixture
def workers():
    """Return two workers with a slot each; the first believes that the task is short."""
    found = [Worker(job_backends["default"], concurrency=1) for _ in range(2)]
    for worker in found:
        worker.heartbeat.start()
    for _ in range(50):
        found[0].intake.durations.note(f"{__name__}.usually_short", 0.0001)
    yield found
    opened.set()
    for worker in found:
        worker._finish()
    opened.clear()
    entered.clear()


def enqueue_one_long_and_many_short():
    background.enqueue(usually_short, kwargs={"is_long": True})
    for _ in range(QUICK):
        background.enqueue(usually_short, kwargs={"is_long": False})


def ended():
    return Job.objects.filter(state=JobState.SUCCESSFUL).count()


def running():
    return Job.objects.filter(state=JobState.RUNNING).count()


def test_a_long_job_holds_nobody_hostage(workers):
    first, idle = workers
    enqueue_one_long_and_many_short()
    first.tick()
    assert entered.wait(60)
    assert running() == 1 + QUICK

    eventually(lambda: first.tick() is not None and running() == 1)
    eventually(lambda: idle.tick() is not None and ended() == QUICK)

    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_nothing_is_claimed_behind_a_long_job_twice(workers):
    first, _ = workers
    enqueue_one_long_and_many_short()
    first.tick()
    assert entered.wait(60)
    eventually(lambda: first.tick() is not None and running() == 1)

    for _ in range(20):
        first.lookout.hurry()
        first.tick()

    assert running() == 1
    assert set(Job.objects.values_list("fence", flat=True)) == {1}


def test_without_patience_they_would_be_held(workers, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", float("inf"))
    first, idle = workers
    enqueue_one_long_and_many_short()
    first.tick()
    assert entered.wait(60)

    for _ in range(20):
        first.wait(first.tick())
        idle.tick()

    assert (running(), ended()) == (1 + QUICK, 0)


def test_a_worker_that_stops_gives_back_what_waits(workers):
    first, _ = workers
    enqueue_one_long_and_many_short()
    first.tick()
    assert entered.wait(60)

    first.stop()

    def leave():
        first._finish()
        connections.close_all()

    leaving = threading.Thread(target=leave)
    leaving.start()
    eventually(lambda: running() == 1)
    opened.set()
    leaving.join(60)

    assert ended() == 1
    assert set(Job.objects.filter(state=JobState.READY).values_list("attempts", flat=True)) == {0}
