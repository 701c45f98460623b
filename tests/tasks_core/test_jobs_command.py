"""``manage.py jobs <verb>``: for people and for scripts."""

import json
import re
import sys
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tasks_core import JobState, background, clock
from tasks_core.management.jobs import bar as bars
from tasks_core.models import Job, Queue
from tasks_core.presentation import notes, progress
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.app.tasks import explode_once, leave_effect, nothing
from tests.tasks_core.rows import (
    ALIVE,
    HOUR,
    NOON,
    fresh,
    make_job,
    make_jobs,
    make_process,
)

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


def test_json_is_all_that_stdout_gets_though_the_task_prints(capfd):
    call_command("jobs", "run", "tests.app.tasks.chatter", "--format", "json", stdout=sys.stdout)

    out, err = capfd.readouterr()
    assert json.loads(out)["state"] == "successful"
    assert re.findall("printed|echoed", err) == ["printed", "echoed"]


def test_a_waiting_job_is_run_here_and_now_and_no_other():
    first, second = (background.enqueue(leave_effect, [name]) for name in "ab")

    jobs("run", second.id)

    assert Effect.objects.get().name == "b"
    assert Job.objects.get(pk=first.id).state == JobState.READY


def test_a_suspect_is_run_when_it_is_asked_for_and_not_instead_of_another():
    suspect = make_job(suspect=True)
    later = make_job(JobState.SCHEDULED, run_after=clock.now() + HOUR)

    assert exit_code("run", later.pk) == 1
    assert fresh(suspect).state == JobState.READY

    jobs("run", suspect.pk)
    assert fresh(suspect).state == JobState.SUCCESSFUL


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
        ["pause", "q" * 65],
        ["retry", "--state", "running"],
        ["cancel", "--state", "successful"],
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

    assert "1 of 1 job will run again" in jobs("retry", "--task", "a.b")

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

    assert "1 of 1 job rescheduled" in jobs("reschedule", result.id, "--when", "2h")
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


def test_what_is_special_about_a_job_is_said_in_words():
    job = make_job(parked=True, concurrency_key="tea", rate_key="pot", suspect=True)
    running = make_job(
        JobState.RUNNING, progress_done=3, progress_total=10, cancel_requested_at=NOON
    )

    text = jobs("list")

    assert "waits for concurrency key tea and rate pot, suspect" in jobs("show", job.pk)
    assert "waits for concurrency key tea" in text
    assert "3 of 10 (30 %)" in text
    assert "cancel requested" in jobs("show", running.pk)
    assert "note" not in jobs("list", "--state", "failed")


def test_what_has_ended_is_no_longer_special():
    assert notes(make_job(JobState.FAILED, suspect=True, cancel_requested_at=NOON)) == ""


@pytest.mark.parametrize(
    ("done", "total", "told"),
    [(None, None, ""), (7, None, "7"), (0, 3, "0 of 3 (0 %)"), (999, 1000, "999 of 1000 (99 %)")],
)
def test_progress_is_never_rounded_up(done, total, told):
    assert progress(Job(progress_done=done, progress_total=total)) == told


def test_all_failed_jobs_are_retried_batch_by_batch(monkeypatch):
    monkeypatch.setattr("tasks_core.batches.SIZE", 2)
    make_jobs(5, JobState.FAILED)
    make_job(JobState.SUCCESSFUL)

    assert "5 of 5 jobs will run again" in jobs("retry", "--all")


def test_no_more_are_changed_than_the_limit_says():
    first, second = make_job(), make_job()

    assert "1 of 1 job deleted" in jobs("delete", "--all", "--limit", "1")

    assert [job.pk for job in Job.objects.all()] == [second.pk]
    assert first.pk < second.pk


def test_a_running_job_is_asked_to_stop():
    running, ready = make_job(JobState.RUNNING), make_job()

    text = jobs("cancel", running.pk, ready.pk)

    assert "1 of 2 jobs cancelled, 1 running job asked to stop" in text
    assert fresh(running).cancel_requested_at is not None
    assert json.loads(jobs("cancel", make_job(JobState.RUNNING).pk, "--format", "json")) == {
        "cancel": 0,
        "asked": 1,
        "of": 1,
    }


def test_where_all_are_running_nobody_is_told_of_none():
    assert jobs("cancel", make_job(JobState.RUNNING).pk).strip() == "1 running job asked to stop."


def test_where_no_job_is_found_that_is_said(capsys):
    with pytest.raises(SystemExit):
        call_command("jobs", "retry", "--all")
    assert capsys.readouterr().out == "No job was found.\n"


def test_a_job_is_shown_in_words_with_the_name_of_its_process():
    process = make_process()
    job = make_job(JobState.RUNNING, claimed_by=process, suspect=True)

    text = jobs("show", job.pk)

    assert f"{process.name} ({process.pk})" in text
    assert "its process died, so it runs alone\n" in text
    assert not {"parked", "suspect", "progress_done"} & {
        line.split(" ")[0] for line in text.splitlines()
    }


def test_a_queue_is_paused_and_resumed():
    assert "is paused now" in jobs("pause", "mail", "--reason", "storm")
    assert Queue.objects.get().reason == "storm"
    assert exit_code("pause", "mail") == 1

    assert "goes on" in jobs("resume", "mail")
    assert exit_code("resume", "mail") == 1


def test_statistics_are_told_to_people_and_to_scripts():
    make_job(queue="mail")
    Queue.objects.create(name="post", paused_at=NOON, paused_by="ann", reason="storm")
    background.enqueue(nothing)
    drain(queues=["default"])

    text = jobs("stats")
    told = json.loads(jobs("stats", "--format", "json"))

    assert "tests.app.tasks.nothing" in text
    assert "by ann: storm" in text
    assert told["states"]["ready"] == 1
    assert told["ended"]["minute"]["successful"] == 1
    assert [queue["name"] for queue in told["queues"]] == ["mail", "post"]


def test_an_empty_queue_has_statistics():
    assert "last minute" in jobs("stats")


def test_a_healthy_queue_exits_with_zero():
    make_process(lease=ALIVE)

    assert "WRONG" not in jobs("doctor")
    assert json.loads(jobs("doctor", "--format", "json"))["healthy"] is True


def test_a_sick_queue_exits_with_one_and_says_what_helps(capsys):
    make_job()

    assert exit_code("doctor") == 1
    assert exit_code("doctor", "--format", "json") == 1
    with pytest.raises(SystemExit):
        call_command("jobs", "doctor", stdout=sys.stdout)
    assert "WRONG    Jobs are due and no living worker serves their queue: default." in (
        told := capsys.readouterr().out
    )
    assert "manage.py run_worker" in told


def test_the_doctor_is_told_how_long_a_job_may_wait():
    make_process(lease=ALIVE)
    make_job(run_after=clock.now() - HOUR)

    assert exit_code("doctor", "--max-wait", "30s") == 1
    assert "WRONG" not in jobs("doctor", "--max-wait", "9999d")


class Terminal(StringIO):
    def isatty(self):
        return True


def watched(screen):
    with bars.bar("retry", total=4, screen=screen) as advance:
        advance(1)
        advance(3)
    return screen.getvalue()


def test_a_bar_is_drawn_on_a_terminal_where_rich_is():
    assert "4/4" in watched(Terminal())


def test_lines_are_written_where_rich_is_not(monkeypatch):
    monkeypatch.setattr(bars, "find_spec", lambda name: None)

    assert watched(Terminal()) == "retry: 1 of 4\nretry: 4 of 4\n"


def test_nobody_watches_a_pipe():
    assert watched(StringIO()) == ""


def test_every_verb_has_help_with_an_example(capsys):
    with pytest.raises(SystemExit):
        call_command("jobs", "--help")
    verbs = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE)

    assert len(verbs) == 13
    for verb in verbs:
        with pytest.raises(SystemExit):
            call_command("jobs", verb, "--help")
        assert "example" in capsys.readouterr().out
