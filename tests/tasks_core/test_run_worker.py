"""``run_worker``: its options, what it says, and how it ends."""

from io import StringIO

import pytest
from django.core.management import call_command

from tasks_core import Call, JobState, background
from tasks_core.models import Job, Process
from tests.app.models import Effect
from tests.app.tasks import (
    explode_once,
    leave_attempt,
    leave_effect,
    leave_effect_and_rest,
    leave_followers,
    nothing,
)
from tests.app.unlisted import brew
from tests.tasks_core.conftest import LINES_ON_STDERR
from tests.tasks_core.races import eventually, together
from tests.tasks_core.rows import HOUR, make_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def states():
    return sorted(Job.objects.values_list("state", flat=True))


def test_once_does_all_that_is_due_and_what_follows_from_it(run_worker):
    background.enqueue(leave_followers, ["tea", 3])
    background.defer(nothing, when=HOUR)

    assert run_worker("--once").wait() == 0

    assert Effect.objects.count() == 4
    assert states() == [JobState.SCHEDULED] + [JobState.SUCCESSFUL] * 4


def test_once_ends_after_its_time_and_leaves_the_rest(run_worker, tmp_path):
    background.enqueue_many([Call(leave_effect_and_rest, ["tea", 0.5]) for _ in range(20)])
    health = tmp_path / "health"
    arguments = ("--concurrency", "1", "--duration", "4", "--health-file", str(health))

    assert run_worker("--once", *arguments).wait() == 0

    found = states()
    assert set(found) == {JobState.READY, JobState.SUCCESSFUL}
    assert found.count(JobState.SUCCESSFUL) == Effect.objects.count() <= 9
    assert health.exists()


def test_once_says_by_its_exit_code_that_a_job_raised(run_worker):
    background.enqueue(explode_once, priority=1)
    background.enqueue(leave_effect, ["tea"])

    child = run_worker("--once")

    assert child.wait() == 1
    assert states() == [JobState.FAILED, JobState.SUCCESSFUL]
    assert "ERROR job" in child.output
    assert "RuntimeError 'boom'" in child.output


def test_once_with_nothing_to_do_is_content_and_silent(manage_process):
    child = manage_process("run_worker", "--once")

    assert (child.wait(), child.output) == (0, "")  # cron mails whatever is printed


def test_without_logging_settings_a_worker_shows_its_lines(manage_process):
    background.enqueue(leave_effect, ["tea"])

    child = manage_process("run_worker")

    child.wait_for("started: tests.app.tasks.leave_effect")


def test_it_says_what_it_serves_and_what_it_does(run_worker):
    result = background.enqueue(leave_effect, ["tea"], queue="mail")

    child = run_worker("--queues", "mail, default", "--concurrency", "2")

    child.wait_for(f"INFO job {result.id} ended in ")
    assert child.stop() == 0
    assert "backend      DatabaseBackend ('default' in JOBS)" in child.output
    assert "queues       mail, default" in child.output
    assert "processes    1" in child.output
    assert "concurrency  2" in child.output
    assert "  tests.app.tasks.leave_context" in child.output
    assert f"INFO job {result.id} started: tests.app.tasks.leave_effect" in child.output


def test_only_the_queues_that_were_asked_for_are_served(run_worker):
    for queue in ("a", "b", "c"):
        background.enqueue(leave_effect, [queue], queue=queue)

    assert run_worker("--once", "--queues", "a,c").wait() == 0

    assert sorted(Effect.objects.values_list("name", flat=True)) == ["a", "c"]


def test_a_task_of_a_module_that_it_has_not_imported_runs_as_declared(run_worker):
    background.enqueue(brew, ["mint"])

    child = run_worker("--once")

    assert child.wait() == 0
    assert Job.objects.get().return_value == "mint, attempt 1"


def test_called_by_code_it_is_one_worker_that_stops_after_so_many_jobs():
    make_jobs(5)
    shown = StringIO()

    together(1, lambda _: call_command("run_worker", max_jobs=2, stdout=shown))

    assert "processes    1" in shown.getvalue()
    assert states() == [JobState.READY] * 3 + [JobState.SUCCESSFUL] * 2


def test_it_stops_after_its_time_and_says_that_it_lives(run_worker, tmp_path):
    health = tmp_path / "health"

    child = run_worker("--duration", "9", "--health-file", str(health))

    eventually(health.exists)
    assert child.wait() == 0
    [process] = Process.objects.all()
    assert process.stopped_at is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--backend", "quue"], "JOBS has no backend 'quue'. Did you mean 'queue'?"),
        (["--backend", "immediate"], "ImmediateBackend ('immediate' in JOBS) needs no worker"),
        (["--backend", "dummy"], "DummyBackend ('dummy' in JOBS) needs no worker"),
        (["--backend", "literal"], "EnqueueOnly ('literal' in JOBS) needs no worker"),
        (["--once", "--reload"], "--reload and --once exclude each other"),
        (["--concurrency", "0"], "--concurrency"),
        (["--processes", "0"], 'not a whole number of at least 1, nor "auto"'),
        (["--processes", "2", "--once"], "--processes and --max-memory need a supervisor"),
        (["--max-memory", "99", "--reload"], "--processes and --max-memory need a supervisor"),
        (["--max-memory", "5"], "--max-memory 5 is less than the"),
        (["--queues", ""], "--queues names no queue"),
        (["--queues", " , "], "--queues names no queue"),
    ],
)
@pytest.mark.vendor("sqlite")
def test_what_it_cannot_serve_ends_with_two_and_a_sentence(
    run_worker, settings, arguments, sentence
):
    literal = {"BACKEND": "tests.tasks_core.literal_backends.EnqueueOnly"}

    child = run_worker(*arguments, settings={"JOBS": settings.JOBS | {"literal": literal}})

    assert child.wait() == 2
    assert sentence in child.output
    assert "Traceback" not in child.output


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
def test_another_backend_is_served_when_named(run_worker):
    background.on("queue").enqueue(leave_effect, ["tea"])

    assert run_worker("--once", "--backend", "queue").wait() == 0

    assert Effect.objects.get().name == "tea"


def test_three_workers_give_each_job_one_run(run_worker):
    background.enqueue_many([Call(leave_attempt) for _ in range(150)])

    children = [run_worker("--once", "--concurrency", "4") for _ in range(3)]

    assert [child.wait() for child in children] == [0, 0, 0]
    assert Effect.objects.count() == 150
    assert len({effect.payload["job"] for effect in Effect.objects.all()}) == 150
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.SUCCESSFUL, 1)}


@pytest.mark.vendor("sqlite")
def test_it_restarts_when_its_code_changes(run_worker, settings, tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "__init__.py").touch()
    tasks = watched / "tasks.py"
    tasks.write_text("def first():\n    return 1\n")

    child = run_worker(
        "--reload",
        settings={"INSTALLED_APPS": [*settings.INSTALLED_APPS, "watched"]},
        environment={"PYTHONPATH": str(tmp_path)},
    )
    child.wait_for("INFO worker")
    tasks.write_text("from tasks_core import task\n\n\n@task\ndef second():\n    return 2\n")

    def is_declared():
        tasks.touch()  # again, until the reloader has seen the file a first time
        return "  watched.tasks.second" in child.output

    eventually(is_declared)
    make_jobs(1, task="watched.tasks.second")
    eventually(lambda: states() == [JobState.SUCCESSFUL])
    assert Job.objects.get().return_value == 2


@pytest.mark.vendor("sqlite")
def test_it_waits_for_a_database_that_is_not_there_yet(manage_process, tmp_path):
    elsewhere = {"TEST_DATABASE_NAME": str(tmp_path / "later.sqlite3")}
    settings = {"LOGGING": LINES_ON_STDERR}
    child = manage_process("run_worker", environment=elsewhere, settings=settings)
    child.wait_for("worker failed, next try in 1 s")

    assert manage_process("migrate", "-v0", environment=elsewhere).wait() == 0

    child.wait_for(" started")
    assert child.stop() == 0
