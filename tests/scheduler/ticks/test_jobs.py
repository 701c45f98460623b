"""TICK_JOBS: ready jobs run in a process that is there for something else."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from scheduler.models import Occurrence, SpentNonce
from scheduler.testing import only_declared
from scheduler.ticks import jobs
from scheduler.ticks.flight import TURN
from scheduler.ticks.pulse import beat, pulse
from scheduler.ticks.ticker import ticker
from tasks_core import JobState, background, job_backends
from tasks_core.models import Job, Process
from tasks_core.processes.worker.guest import Guest
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.app.tasks import (
    explode,
    leave_attempt,
    leave_effect,
    leave_effect_and_rest,
    leave_followers,
    may_end,
    nothing,
    rest_until_told,
)
from tests.scheduler.places import at
from tests.scheduler.ticks import site
from tests.tasks_core.races import eventually
from tests.tasks_core.rows import DEAD, make_process

pytestmark = pytest.mark.django_db(transaction=True)

LEAVING = {"tea": {**site.TEA["tea"], "task": "tests.app.tasks.leave_effect", "args": ["tea"]}}


@pytest.fixture(autouse=True)
def one_queue(settings):
    settings.JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}


@pytest.fixture(autouse=True)
def _nobody_is_told():
    may_end.clear()
    yield
    may_end.set()


@pytest.fixture
def running_jobs(settings):
    settings.SCHEDULER |= {"TICK_JOBS": True}


def guest(**options):
    return Guest(job_backends["default"], concurrency=1, **options)


def states():
    return sorted(Job.objects.values_list("state", flat=True))


# A guest.


def test_a_guest_runs_what_is_ready_and_leaves():
    for _ in range(3):
        background.enqueue(nothing)
    background.enqueue(explode, max_attempts=1)

    assert guest().visit(seconds=60) == 4

    assert states() == ["failed", "successful", "successful", "successful"]
    process = Process.objects.get()
    assert process.kind == "worker"
    assert process.stopped_at is not None


def test_jobs_that_jobs_have_stored_are_run_as_well():
    background.enqueue(leave_followers, ["child", 3])

    assert guest().visit(seconds=60) == 4


def test_a_job_that_needs_longer_is_not_cut_off_and_no_other_begins():
    background.enqueue(leave_effect_and_rest, ["long", 7.0], priority=1)
    background.enqueue(leave_effect, ["other"])

    assert guest().visit(seconds=5) == 1

    assert Effect.objects.get().name == "long"
    assert states() == [JobState.READY, JobState.SUCCESSFUL]
    assert Job.objects.get(state=JobState.READY).attempts == 0


def test_without_the_box_the_other_would_have_run():
    background.enqueue(leave_effect_and_rest, ["long", 1.5], priority=1)
    background.enqueue(leave_effect, ["other"])

    assert guest().visit(seconds=60) == 2


def test_what_waits_behind_a_long_job_goes_back_uncounted():
    for _ in range(5):  # so that the task is known to be short
        background.enqueue(leave_effect_and_rest, ["short", 0])
    background.enqueue(leave_effect_and_rest, ["long", 3.0])
    for _ in range(5):
        background.enqueue(leave_effect_and_rest, ["late", 3.0])

    guest().visit(seconds=1.5)

    assert Job.objects.filter(state=JobState.RUNNING).count() == 0
    waiting = Job.objects.filter(state=JobState.READY)
    assert waiting.exists()
    assert set(waiting.values_list("attempts", "claimed_by")) == {(0, None)}


def test_a_guest_takes_back_what_a_dead_process_left(settings):
    settings.TASKS_CORE = {"LEASE": 3}
    dead = make_process(lease=DEAD)
    job = background.enqueue(leave_effect, ["rescued"])
    Job.rows.filter(pk=job.id).update(
        state=JobState.RUNNING, claimed_by=dead, attempts=1, fence=1, claimed_at=at(8)
    )

    guest().visit(seconds=0)  # its box is over at once: what it takes back is for the next
    assert states() == [JobState.READY]
    assert Process.objects.get(pk=dead.pk).stopped_at is not None
    guest().visit(seconds=60)

    assert Effect.objects.get().name == "rescued"


def test_a_guest_that_is_told_to_stop_lets_its_job_end():
    background.enqueue(rest_until_told, ["long"], priority=1)
    background.enqueue(leave_effect, ["other"])
    leaving = guest()

    def stay():
        leaving.visit(seconds=60)
        connections.close_all()

    visit = threading.Thread(target=stay)
    visit.start()
    eventually(Effect.objects.exists)
    leaving.stop()
    may_end.set()
    visit.join(30)

    assert states() == [JobState.READY, JobState.SUCCESSFUL]


# With ticks.


def test_a_tick_by_url_makes_jobs_and_runs_them(running_jobs):
    background.enqueue(leave_effect, ["ready"])
    with FrozenClock(at(8, 30)) as clock, only_declared(LEAVING):
        first = site.post().json()
        clock.move_to(at(9))
        second = site.post().json()

    assert (first["jobs"], first["more"]) == (1, False)
    assert (second["enqueued"], second["jobs"], second["more"]) == (1, 1, False)
    assert sorted(Effect.objects.values_list("name", flat=True)) == ["ready", "tea"]
    assert Occurrence.objects.get().job_state == "successful"


def test_without_the_setting_none_is_run():
    background.enqueue(leave_effect, ["ready"])

    assert site.post().json()["jobs"] == 0

    assert states() == [JobState.READY]
    assert not Process.objects.exists()


def test_the_answer_does_not_wait_for_a_long_job(settings):
    settings.SCHEDULER |= {"TICK_JOBS": 1.5}
    background.enqueue(rest_until_told, ["long"], priority=1)
    background.enqueue(leave_effect, ["other"])

    answer = site.post().json()
    meanwhile = site.post().json()  # ticks go on; jobs wait for the one that runs

    assert (answer["jobs"], answer["more"]) == (0, True)
    assert (meanwhile["jobs"], meanwhile["more"]) == (0, True)
    may_end.set()
    assert eventually(lambda: JobState.SUCCESSFUL in states())
    assert eventually(lambda: "jobs" not in {each.name for each in threading.enumerate()})
    assert states() == [JobState.READY, JobState.SUCCESSFUL]
    settings.SCHEDULER |= {"TICK_JOBS": 30}
    assert site.post().json()["jobs"] == 1


def test_nobody_registers_for_nothing(running_jobs):
    assert site.post().json()["jobs"] == 0

    assert not Process.objects.exists()


def test_a_job_that_a_view_stores_runs_after_its_response(settings, running_jobs):
    settings.MIDDLEWARE = site.MIDDLEWARE
    with only_declared():
        client = Client()
        client.get("/")
        eventually(lambda: not pulse._is_beating)
        pulse.rest(600)  # nothing else is due

        assert client.get("/store/").content == b"stored"

        assert eventually(Effect.objects.exists)
        eventually(lambda: not pulse._is_beating)


def test_it_looks_again_when_a_deferred_job_is_due(running_jobs):
    with FrozenClock(at(8)), only_declared():
        background.defer(nothing, when=timedelta(seconds=7))

        assert beat() == pytest.approx(7, abs=0.1)


def test_jobs_that_ended_long_ago_are_removed(running_jobs, settings):
    settings.TASKS_CORE = {"RETAIN_SUCCESSFUL": 0}
    background.enqueue(nothing)
    site.post()
    assert states() == [JobState.SUCCESSFUL]
    ticker.forget()

    site.post()

    assert states() == []


def test_a_process_that_dies_in_a_job_loses_none(manage_process, settings):
    settings.TASKS_CORE = {"LEASE": 3}
    in_child = {
        "SCHEDULER": {"TICK_SECRET": site.SECRET, "TICK_JOBS": True},
        "ROOT_URLCONF": site.__name__,
        "TASKS_CORE": {"LEASE": 3},
        "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
    }
    background.enqueue(leave_attempt, [], {"at_first": 600})
    child = manage_process(
        "shell", "-c", f"from {site.__name__} import *; post()", settings=in_child
    )
    eventually(Effect.objects.exists)
    child.kill()
    SpentNonce.objects.filter(nonce=TURN).update(spent_at=at(8))  # its tick is over after 30 s
    settings.SCHEDULER |= {"TICK_JOBS": 30, "TICK_RATE": 10_000}

    assert eventually(lambda: site.post().status_code == 200 and states() == ["successful"])

    assert Effect.objects.count() == 2
    assert Job.objects.get().attempts == 2


def test_a_process_that_ends_lets_its_job_end(manage_process):
    in_child = {
        "SCHEDULER": {"TICK_SECRET": site.SECRET, "TICK_JOBS": 5.0},
        "ROOT_URLCONF": site.__name__,
        "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
    }
    background.enqueue(rest_until_told, ["long"])

    code = (
        f"from {site.__name__} import *; from tests.app.tasks import may_end; "
        "print(post().json()); may_end.set()"
    )
    child = manage_process("shell", "-c", code, settings=in_child)

    assert child.wait() == 0
    assert "'jobs': 0, 'more': True" in child.output
    assert states() == [JobState.SUCCESSFUL]
    assert Process.objects.get().stopped_at is not None


def test_jobs_of_a_paused_queue_are_nothing_more_to_do(running_jobs):
    background.enqueue(leave_effect, ["ready"])
    job_backends["default"].pause_queue("default")

    answer = site.post().json()

    assert (answer["jobs"], answer["more"]) == (0, False)


def test_only_backends_that_a_worker_can_serve(settings):
    database = "tasks_core.backends.database.DatabaseBackend"
    settings.JOBS = {
        "default": {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"},
        "queue": {"BACKEND": database, "OPTIONS": {"database": "queue"}},
        "dummy": {"BACKEND": "tasks_core.backends.dummy.DummyBackend"},
    }

    assert {backend.alias for backend in jobs.served()} == {"queue"}
