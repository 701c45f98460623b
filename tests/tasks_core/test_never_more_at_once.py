"""Never more than n jobs of one key run at once, over all workers, though workers are killed."""

import os
import signal
from contextlib import suppress

import pytest

from tasks_core import Call, background
from tasks_core.models import Job, Process
from tasks_core.states import FINAL, JobState
from tests.app.models import Effect
from tests.app.tasks import take_a_place
from tests.tasks_core.races import eventually

PLACES = 2
JOBS = 24
UNCOUNTED = {"default": {"BACKEND": "tests.tasks_core.uncounted.UncountedBackend"}}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.vendor("sqlite", "postgresql")]


@pytest.fixture
def start(run_worker):
    """Start a worker whose death is noticed after some seconds, and no pause taken for it."""

    def start(**settings):
        words = ("--concurrency", "4", "--processes", "1")
        return run_worker(*words, settings=settings or None, LEASE=5, GRACE=1, POLL=0.1)

    return start


def enqueue(folder, seconds, *until):
    """Each job takes one of two places while it runs, and says so if there is none left."""
    calls = [
        Call(
            take_a_place,
            [str(folder), PLACES, seconds, *until],
            concurrency=("place", PLACES),
            max_attempts=50,
        )
        for _ in range(JOBS)
    ]
    background.enqueue_many(calls)


def told(name):
    return Effect.objects.filter(name=name).count()


def all_ended():
    return not Job.objects.exclude(state__in=FINAL).exists()


def running_jobs():
    return Job.objects.filter(state=JobState.RUNNING).count()


@pytest.mark.parametrize("victim", ["the whole worker", "its process"])
def test_never_more_run_than_allowed_though_workers_are_killed(start, tmp_path, victim):
    struck = tmp_path / "struck"
    enqueue(tmp_path, 0.15, str(struck))  # so that some run when it is their turn to be struck
    workers = [start() for _ in range(3)]

    for round_ in range(3):
        eventually(lambda: running_jobs() == PLACES)
        owners = Process.objects.filter(jobs__state=JobState.RUNNING)
        pids = set(owners.values_list("pid", flat=True))
        [hit] = [each for each in workers if pids & {each.pid, *each.workers()}][:1] or [
            workers[round_]
        ]
        if victim == "the whole worker":
            hit.kill()
            workers[workers.index(hit)] = start()
        else:
            for pid in hit.workers():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    struck.touch()
    eventually(all_ended, seconds=120)

    assert told("no place") == 0
    assert Job.objects.filter(state=JobState.SUCCESSFUL).count() == JOBS
    assert told("place") >= JOBS


def test_who_does_not_count_is_found_out(start, tmp_path):
    enqueue(tmp_path, 0.15)
    for _ in range(2):
        start(JOBS=UNCOUNTED)

    eventually(all_ended, seconds=60)

    assert told("no place") > 0
