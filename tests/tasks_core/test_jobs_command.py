"""``manage.py jobs <verb>``: for people and for scripts."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tasks_core import JobState, background
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.app.tasks import explode_once, leave_effect, nothing
from tests.tasks_core.rows import HOUR, NOON, fresh, make_job

pytestmark = pytest.mark.django_db


def jobs(*words):
    out = StringIO()
    call_command("jobs", *map(str, words), stdout=out)
    return out.getvalue()


def exit_code(*words):
    with pytest.raises((SystemExit, CommandError)) as caught:
        jobs(*words)
    error = caught.value
    return error.returncode if isinstance(error, CommandError) else error.code


def test_the_list_shows_the_newest_first_and_can_be_narrowed():
    make_job(task="a.old", enqueued_at=NOON - HOUR)
    make_job(task="a.new", enqueued_at=NOON, queue="mail")

    lines = jobs("list").splitlines()

    assert [line.split()[2] for line in lines] == ["task", "a.new", "a.old"]
    assert "a.old" not in jobs("list", "--queue", "mail")
    assert "a.new" not in jobs("list", "--limit", "0")
    assert jobs("list", "--state", "failed").strip() == "No jobs."


def test_a_script_reads_json():
    job = make_job(args=[1], label="Tea")

    [told] = json.loads(jobs("list", "--format", "json"))

    assert (told["id"], told["args"], told["label"]) == (str(job.pk), [1], "Tea")


def test_a_job_is_shown_with_its_tracebacks():
    result = background.enqueue(explode_once)
    drain()

    text = jobs("show", result.id)

    assert "Traceback (most recent call last)" in text
    assert "RuntimeError: boom" in text
    assert json.loads(jobs("show", result.id, "--format", "json"))["state"] == "failed"


def test_what_does_not_exist_is_said_in_a_sentence():
    with pytest.raises(CommandError, match=r"No job .* it may have been pruned"):
        jobs("show", uuid4())


def test_a_call_is_run_here_and_now():
    text = jobs("run", "tests.app.tasks.leave_effect", "--args", '["tea"]')

    assert Effect.objects.get().name == "tea"
    assert "successful" in text


def test_a_waiting_job_is_run_here_and_now_and_no_other():
    first, second = (background.enqueue(leave_effect, [name]) for name in "ab")

    jobs("run", second.id)

    assert Effect.objects.get().name == "b"
    assert Job.objects.get(pk=first.id).state == JobState.READY


def test_a_job_that_fails_here_and_now_exits_with_one():
    assert exit_code("run", "tests.app.tasks.explode_once") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["run", "os.system", "--args", '["true"]'],
        ["run", "tests.app.tasks.leave_effect"],
        ["list", "--backend", "immediate"],
        ["list", "--backend", "gone"],
        ["retry"],
        ["reschedule", "--state", "ready"],
        ["reschedule", "--state", "ready", "--priority", "5000"],
        ["reschedule", "--state", "ready", "--to-queue", ""],
        ["reschedule", "--state", "ready", "--to-queue", "q" * 65],
        ["run", "tests.app.unlisted.steep"],
    ],
)
def test_wrong_arguments_exit_with_two(words):
    make_job()

    assert exit_code(*words) == 2


@pytest.mark.parametrize(
    "words",
    [
        ["show", "tea"],
        ["run", "a.b", "--args", "{"],
        ["prune", "--older-than", "soon"],
        ["list", "--limit", "-1"],
    ],
)
def test_arguments_that_cannot_be_read_are_refused(words):
    with pytest.raises(CommandError):
        jobs(*words)


def test_failed_jobs_of_one_task_are_retried():
    mine, other = make_job(JobState.FAILED, task="a.b"), make_job(JobState.FAILED, task="a.c")

    assert "1 of 1 jobs will run again" in jobs("retry", "--task", "a.b")

    assert (fresh(mine).state, fresh(other).state) == (JobState.READY, JobState.FAILED)


def test_jobs_are_cancelled_by_id():
    job = make_job()

    jobs("cancel", job.pk)

    assert fresh(job).state == JobState.CANCELLED
    assert exit_code("cancel", job.pk) == 1


def test_a_running_job_is_not_deleted():
    running, ready = make_job(JobState.RUNNING), make_job()

    assert "1 of 2 jobs deleted" in jobs("delete", running.pk, ready.pk)


def test_a_job_is_rescheduled():
    result = background.enqueue(nothing)

    assert "1 of 1 jobs rescheduled" in jobs("reschedule", result.id, "--when", "2h")
    assert Job.objects.get().state == JobState.SCHEDULED

    jobs("reschedule", result.id, "--when", "2020-01-01T00:00", "--to-queue", "mail")
    assert (Job.objects.get().state, Job.objects.get().queue) == (JobState.READY, "mail")


def test_old_jobs_are_pruned():
    make_job(JobState.SUCCESSFUL, finished_at=NOON - timedelta(days=9999))
    make_job(JobState.FAILED, finished_at=NOON - timedelta(days=9999))

    assert "1 jobs removed" in jobs("prune", "--state", "failed", "--older-than", "7d")
    assert json.loads(jobs("prune", "--format", "json")) == {"removed": 1}


@pytest.mark.django_db(databases=["default", "queue"])
def test_another_backend_has_its_own_jobs():
    background.on("queue").enqueue(nothing)

    assert "No jobs." in jobs("list")
    assert "tests.app.tasks.nothing" in jobs("list", "--backend", "queue")
