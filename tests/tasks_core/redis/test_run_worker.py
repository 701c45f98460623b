"""``run_worker`` on Redis: real processes, killed, stopped and asked to stop."""

import os
import signal
from datetime import timedelta
from functools import partial

import pytest

from tasks_core import Call, JobState, background, job_backends
from tests.app.models import Effect
from tests.app.stubborn import spin
from tests.app.tasks import explode_once, leave_attempt, leave_effect
from tests.tasks_core.races import eventually
from tests.tasks_core.redis.store import HOUR, everything, state, store
from tests.tasks_core.redis_keys import empty, server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.vendor("sqlite")]

LONG = {"at_first": 600}  # seconds; later attempts do not rest


@pytest.fixture(autouse=True)
def _answers():
    """Once: it is the worker that asks here."""
    empty()
    yield
    empty()


@pytest.fixture
def work(run_worker):
    """Start ``run_worker`` on Redis. It looks by itself after minutes only: it must be told."""
    return partial(run_worker, "--backend", "redis", POLL=60, LEASE=60, BACKOFF=0)


def begun():
    return Effect.objects.filter(name="attempt").count()


def effects():
    return sorted(Effect.objects.values_list("name", flat=True))


def waiting():
    """Return how many workers wait to be handed jobs."""
    return server().client.zcard(server().key("idle"))


def begin_long(**options):
    job = background.on("redis").enqueue(leave_attempt, [], LONG, **options).id
    eventually(begun)
    return job


def is_so(job, wanted):
    return lambda: state(job) == wanted


def test_once_does_all_that_is_due(work):
    for name in ("milk", "tea"):
        store(leave_effect, name)
    deferred = store(leave_effect, "later", when=HOUR)

    assert work("--once").wait() == 0

    assert effects() == ["milk", "tea"]
    assert state(deferred) == "scheduled"


def test_once_says_by_its_exit_code_that_a_job_raised(work):
    failed, fine = store(explode_once), store(leave_effect, "tea")

    assert work("--once").wait() == 1

    assert (state(failed), state(fine)) == ("failed", "successful")


def test_who_waits_is_handed_what_comes_and_what_becomes_due(work):
    worker = work()
    eventually(waiting)

    soon = store(leave_effect, "soon")
    eventually(is_so(soon, "successful"), seconds=20)
    due = store(leave_effect, "due", when=timedelta(seconds=0.3))
    eventually(is_so(due, "successful"), seconds=20)

    assert worker.stop() == 0
    assert not {"idle", "serves"} & set(everything())


def test_two_workers_give_each_of_many_jobs_one_run(work):
    workers = [work("--concurrency", "3") for _ in range(2)]
    eventually(lambda: waiting() == 2)

    background.on("redis").enqueue_many([Call(leave_attempt) for _ in range(300)])

    ended = partial(server().client.zcard, server().key("ended", "successful"))
    eventually(lambda: ended() == 300)
    assert [worker.stop() for worker in workers] == [0, 0]
    told = Effect.objects.values_list("payload__job", "payload__attempt")
    assert len(set(told)) == len(told) == 300


def test_the_job_of_a_process_that_is_killed_runs_again_and_does_not_wait_for_a_lease(work):
    worker = work()
    job = begin_long(max_attempts=3)

    for pid in worker.workers():
        os.kill(pid, signal.SIGKILL)

    eventually(is_so(job, "successful"))
    assert job_backends["redis"].get(job).attempts == 2
    assert begun() == 2
    assert worker.stop() == 0


def test_with_one_attempt_it_never_starts_twice(work):
    worker = work()
    job = begin_long(max_attempts=1)

    for pid in worker.workers():
        os.kill(pid, signal.SIGKILL)

    eventually(is_so(job, "failed"))
    assert (job_backends["redis"].get(job).reason, begun()) == ("lost", 1)
    assert worker.stop() == 0


def test_asked_to_stop_it_lets_its_job_end(work):
    worker = work()
    job = background.on("redis").enqueue(leave_attempt, [], {"seconds": 1.0}).id
    eventually(begun)

    assert worker.stop() == 0

    assert state(job) == "successful"
    assert server().client.zcard(server().key("processes")) == 0


def test_a_job_that_outlives_the_grace_goes_back_counted(work):
    worker = work(GRACE=0.5)
    job = begin_long(max_attempts=3)

    assert worker.stop() == 1

    assert state(job) in {"ready", "scheduled"}
    assert job_backends["redis"].get(job).attempts == 1


def test_a_job_whose_time_is_up_fails(work):
    worker = work()

    job = store(spin, "spun", timeout=0.5, max_attempts=1)

    eventually(is_so(job, "failed"))
    assert job_backends["redis"].get(job).reason == "timeout"
    assert worker.stop() == 0


def test_a_running_job_stops_when_it_is_asked_to(work):
    worker = work()
    job = store(spin, "spun")
    eventually(Effect.objects.count)

    stopped = job_backends["redis"].cancel([job])

    assert stopped.asked == 1
    eventually(is_so(job, JobState.CANCELLED), seconds=30)
    assert worker.stop() == 0


def test_a_suspect_runs_alone_on_a_worker_that_is_busy_otherwise(work):
    worker = work("--concurrency", "4")
    job = begin_long(max_attempts=3)
    [store(leave_effect, "tea") for _ in range(3)]
    eventually(lambda: len(effects()) == 4)

    for pid in worker.workers():
        os.kill(pid, signal.SIGKILL)
    [store(leave_effect, "milk") for _ in range(3)]

    eventually(is_so(job, "successful"))
    eventually(lambda: len(effects()) == 8)
    assert worker.stop() == 0
