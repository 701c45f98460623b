"""Jobs that run too long, and jobs that somebody cancels: told, and given up in the end."""

import signal

import pytest

from tasks_core import JobState, background, job_backends
from tasks_core.models import Job
from tests.app.models import Effect
from tests.app.stubborn import deny, rest_in_c, sleep_as_coroutine, spin
from tests.app.tasks import leave_effect_and_rest
from tests.tasks_core.races import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.vendor("sqlite"),  # they are about processes, whatever database keeps the jobs
]

QUICK = {"TELL_GRACE": 0.5, "GRACE": 20, "BACKOFF": 0}
PATIENT = QUICK | {"TELL_GRACE": 60}  # of who does end when it is told, however slowly


def job(task):
    return Job.objects.get(task__endswith=f".{task.__name__}")


def has_begun(name):
    return Effect.objects.filter(name=name).exists()


@pytest.mark.parametrize("task", [spin, sleep_as_coroutine])
def test_a_job_over_its_time_is_told_and_tried_again(run_worker, task):
    background.enqueue(task, ["first"], timeout=0.3, max_attempts=2)

    worker = run_worker(**PATIENT)

    eventually(lambda: job(task).state == JobState.FAILED)
    assert (job(task).reason, job(task).attempts) == ("timeout", 2)
    assert [error["message"] for error in job(task).errors] == [
        "the job ran longer than its timeout"
    ] * 2
    assert "does not stop" not in worker.output
    assert worker.stop() == 0


@pytest.mark.parametrize("task", [spin, sleep_as_coroutine])
def test_a_running_job_is_cancelled(run_worker, task):
    result = background.enqueue(task, ["begun"])
    worker = run_worker(**PATIENT)
    eventually(lambda: has_begun("begun"))

    job_backends["default"].cancel([result.id])

    eventually(lambda: job(task).state == JobState.CANCELLED)
    assert job(task).reason == "cancelled"
    assert worker.stop() == 0


def test_one_that_cannot_be_stopped_costs_its_process_and_no_other_job(run_worker):
    background.enqueue(rest_in_c, ["stuck"], timeout=0.5, max_attempts=1)
    background.enqueue(leave_effect_and_rest, ["beside", 3.0])
    worker = run_worker("--concurrency", "2", **QUICK)

    worker.wait_for("does not stop; this process ends for it")
    background.enqueue(leave_effect_and_rest, ["after", 0.0])

    eventually(lambda: job(rest_in_c).state == JobState.FAILED)
    eventually(lambda: not Job.objects.exclude(state__in=["successful", "failed"]).exists())
    assert (job(rest_in_c).reason, job(rest_in_c).attempts) == ("timeout", 1)
    others = Job.objects.exclude(pk=job(rest_in_c).pk)
    assert set(others.values_list("state", "attempts")) == {(JobState.SUCCESSFUL, 1)}
    worker.wait_for("has left")
    assert worker.stop() == 0


def test_to_end_while_a_process_leaves_for_such_a_job_leaves_nothing_behind(run_worker):
    background.enqueue(rest_in_c, ["stuck"], timeout=0.5, max_attempts=1)
    background.enqueue(leave_effect_and_rest, ["beside", 3.0])
    worker = run_worker("--concurrency", "2", **QUICK)
    worker.wait_for("does not stop; this process ends for it")

    assert worker.stop() == 0

    assert job(rest_in_c).reason == "timeout"
    assert not Job.objects.exclude(state__in=["successful", "failed"]).exists()


def test_a_cancelled_job_that_cannot_be_stopped_is_cancelled_nevertheless(run_worker):
    result = background.enqueue(deny, ["begun"])
    worker = run_worker(**QUICK)
    eventually(lambda: has_begun("begun"))

    job_backends["default"].cancel([result.id])

    eventually(lambda: job(deny).state == JobState.CANCELLED)
    assert job(deny).attempts == 1
    worker.wait_for("has left")
    assert worker.stop() == 0


@pytest.mark.parametrize("task", [rest_in_c, deny])
def test_without_a_supervisor_the_process_ends_for_it_as_well(run_worker, task):
    background.enqueue(task, ["stuck"], timeout=0.5, max_attempts=1)
    background.enqueue(leave_effect_and_rest, ["beside", 2.0])

    worker = run_worker("--once", "--concurrency", "2", **QUICK)

    assert worker.wait() == 1
    assert (job(task).state, job(task).reason) == (JobState.FAILED, "timeout")
    assert f"in {task.__name__}" in job(task).errors[0]["traceback"]  # where it was
    assert job(leave_effect_and_rest).state == JobState.SUCCESSFUL


@pytest.mark.parametrize("task", [rest_in_c, sleep_as_coroutine])
def test_without_a_supervisor_usr1_shows_what_runs_and_where(run_worker, task):
    result = background.enqueue(task, ["begun"], timeout=500)
    worker = run_worker("--once", GRACE=0)
    eventually(lambda: has_begun("begun"))

    worker.send_signal(signal.SIGUSR1)

    worker.wait_for(f"job {result.id} has run for")
    worker.wait_for(f"s: tests.app.stubborn.{task.__name__}, its timeout is in")
    worker.wait_for(f"in {task.__name__}")
    assert worker.stop() == 1
