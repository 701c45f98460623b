"""Our queues as a backend of Django's TASKS: calls, results, and what is refused."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from tasks_core import job_backends, registry
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock, drain
from tests.app.models import Effect
from tests.joined import tasks_of_django
from tests.tasks_core.rows import NOON

compat = pytest.importorskip("tasks_core.compat", exc_type=ImportError)
tasks = tasks_of_django()

from tests.tasks_core.redis_keys import empty  # noqa: E402

pytestmark = [
    pytest.mark.django_db(databases=["default", "queue"]),
    pytest.mark.usefixtures("tasks_setting"),
]

READY, RUNNING, FAILED, SUCCESSFUL = compat.TaskResultStatus


@pytest.fixture(autouse=True)
def told():
    tasks.told.clear()
    return tasks.told


@pytest.fixture
def backend():
    return compat.task_backends["jobs"]


def test_a_call_becomes_a_job():
    result = tasks.leave.enqueue("tea", milk=True)

    job = Job.objects.get()
    assert result.id == str(job.pk)
    assert (result.status, result.attempts, result.errors) == (READY, 0, [])
    assert (result.args, result.kwargs, result.backend) == (["tea"], {"milk": True}, "jobs")
    assert result.task == tasks.leave
    assert (job.task, job.priority) == ("tests.app.django_tasks.leave", 3)
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value


def test_it_runs_in_our_worker():
    result = tasks.leave.enqueue("tea", milk=True)

    drain()
    result.refresh()

    assert (result.status, result.return_value, result.attempts) == (SUCCESSFUL, "tea", 1)
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert Effect.objects.get().payload == {"milk": True}


def test_the_result_is_found_again_as_it_was(backend):
    result = tasks.leave.using(queue_name="mail", priority=9, run_after=NOON).enqueue("tea")

    assert backend.get_result(result.id) == result
    assert tasks.leave.get_result(result.id) == result
    assert async_to_sync(backend.aget_result)(result.id) == result


@pytest.mark.parametrize("unknown", ["123", "01234567-89ab-7def-8123-456789abcdef", ""])
def test_an_unknown_result_does_not_exist(backend, unknown):
    with pytest.raises(compat.TaskResultDoesNotExist):
        backend.get_result(unknown)


def test_a_job_that_is_no_task_of_django_has_no_result(backend):
    job = job_backends["default"].enqueue("tests.app.tasks.nothing", [], {})

    with pytest.raises(compat.TaskResultDoesNotExist):
        backend.get_result(str(job.id))


def test_a_task_that_is_gone_has_no_result(backend):
    result = tasks.leave.enqueue("tea")
    Job.rows.update(task="tests.app.django_tasks.removed")

    with pytest.raises(compat.TaskResultDoesNotExist):
        backend.get_result(result.id)


def test_a_failed_task_says_why():
    task = tasks.explode.using(max_attempts=1)
    result = task.enqueue()

    drain()
    result.refresh()

    [error] = result.errors
    assert (result.status, result.attempts) == (FAILED, 1)
    assert error.exception_class is RuntimeError
    assert "boom" in error.traceback
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_a_task_is_tried_again_and_counts_its_attempts():
    with FrozenClock(NOON) as clock:
        result = tasks.explode_at_first.using(backoff=60).enqueue()
        drain()
        result.refresh()
        assert (result.status, len(result.errors), result.attempts) == (READY, 1, 1)

        clock.advance(minutes=5)
        drain()
        result.refresh()

    assert (result.status, result.return_value, result.attempts) == (SUCCESSFUL, 2, 2)


def test_a_snoozed_task_comes_back(told):
    with FrozenClock(NOON) as clock:
        result = tasks.rest.enqueue()
        drain()
        clock.advance(minutes=2)
        drain()
        result.refresh()

    assert (result.return_value, len(told)) == ("rested", 2)


@pytest.mark.parametrize("state", JobState)
def test_every_state_is_one_of_djangos_four(backend, state):
    from tasks_core.contrib.django_tasks.results import STATUS

    folded = {"scheduled": READY, "ready": READY, "running": RUNNING, "successful": SUCCESSFUL}
    assert STATUS[state] == folded.get(state, FAILED)


def test_a_cancelled_job_has_failed_and_says_so():
    result = tasks.leave.enqueue("tea")
    job_backends["default"].cancel([Job.objects.get().pk])

    result.refresh()

    assert (result.status, result.is_finished) == (FAILED, True)
    assert result.errors[0].exception_class_path == "tasks_core.exceptions.JobCancelled"


def test_a_later_task_waits():
    with FrozenClock(NOON) as clock:
        tasks.leave.using(run_after=NOON + timedelta(hours=1)).enqueue("tea")
        drain()
        assert not Effect.objects.exists()

        clock.advance(hours=1)
        drain()

    assert Effect.objects.get().name == "tea"


def test_the_most_important_goes_first():
    for name, priority in (("b", 0), ("c", -9), ("a", 100)):
        tasks.leave.using(priority=priority).enqueue(name)

    drain()

    assert list(Effect.objects.order_by("pk").values_list("name", flat=True)) == ["a", "b", "c"]


def test_coroutines_run_and_are_enqueued():
    result = async_to_sync(tasks.leave_later.aenqueue)("tea")

    drain()
    async_to_sync(result.arefresh)()

    assert (result.status, result.return_value) == (SUCCESSFUL, ["tea"])


def test_the_context_is_djangos(told):
    result = tasks.watch.using(priority=-5, queue_name="mail").enqueue()

    drain()

    [context] = told
    seen = context.task_result
    assert isinstance(context, compat.TaskContext)
    assert (seen.id, seen.status, context.attempt) == (result.id, RUNNING, 1)
    assert (seen.task, seen.enqueued_at) == (result.task, result.enqueued_at)
    assert len(seen.worker_ids[0]) > 8


def test_a_rollback_takes_the_call_back():
    with transaction.atomic():
        tasks.leave.enqueue("tea")
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_another_alias_of_jobs_is_another_place():
    tasks.leave.using(backend="queue").enqueue("tea")

    assert (Job.objects.count(), Job.objects.using("queue").count()) == (0, 1)


def test_the_task_is_declared_to_workers():
    assert registry.declared()["tests.app.django_tasks.leave"].foreign is tasks.leave


def test_a_copy_for_some_calls_declares_nothing():
    tasks.leave.using(priority=50)
    result = tasks.add.using(backend="jobs", priority=50).enqueue(1)  # declared for another one

    assert registry.declared()["tests.app.django_tasks.leave"].options["priority"] == 3
    assert "tests.app.django_tasks.add" not in registry.declared()
    drain()
    result.refresh()
    assert (result.return_value, result.task.backend) == (1, "jobs")


class TestWhatIsRefused:
    def test_a_queue_that_tasks_does_not_list(self):
        with pytest.raises(compat.InvalidTask, match="Queue 'other' is not valid"):
            tasks.leave.using(backend="queue", queue_name="other")

    def test_a_queue_that_is_no_longer_listed(self, settings):
        task = tasks.leave.using(queue_name="mail")
        settings.TASKS = {"jobs": settings.TASKS["jobs"] | {"QUEUES": ["other"]}}

        with pytest.raises(compat.InvalidTask, match="Queue 'mail' is not valid"):
            task.enqueue("tea")

    @pytest.mark.parametrize("argument", [object(), {1, 2}, NOON])
    def test_arguments_that_are_no_json(self, argument):
        with pytest.raises(TypeError, match="Unsupported type"):
            tasks.leave.enqueue(argument)

    @pytest.mark.parametrize("argument", [float("nan"), "\0", "x" * 70_000])
    def test_arguments_that_no_store_keeps(self, argument):
        with pytest.raises(InvalidCall):
            tasks.leave.enqueue(argument)

    def test_arguments_that_do_not_fit_the_function(self):
        with pytest.raises(InvalidCall, match="missing a required argument"):
            tasks.leave.enqueue()

    def test_a_function_that_no_worker_finds(self):
        class Place:
            def method():
                pass

        with pytest.raises(compat.InvalidTask):
            compat.task(backend="jobs")(Place.method)

    def test_a_function_of_a_module_that_may_not_run(self, monkeypatch):
        monkeypatch.setattr(registry, "extra_rules", [])
        with pytest.raises(InvalidCall, match="not part of an installed app"):
            registry.find(compat.task(outside))


def outside():
    pass


class TestInBand:
    """JOBS = ImmediateBackend, which is what it is when nobody sets it."""

    @pytest.fixture(autouse=True)
    def in_band(self, settings, tasks_setting):
        ours = settings.TASKS["jobs"] | {"OPTIONS": {"backend": "immediate"}}
        settings.TASKS = settings.TASKS | {"jobs": ours}

    def test_a_call_has_ended_when_it_returns(self):
        result = tasks.leave.enqueue("tea")

        assert (result.status, result.return_value, result.attempts) == (SUCCESSFUL, "tea", 1)
        assert result.enqueued_at <= result.started_at <= result.finished_at

    def test_the_context_is_that_of_the_result(self, told):
        result = tasks.watch.enqueue()

        assert told[0].task_result.id == result.id

    def test_it_keeps_no_results_and_cannot_wait(self, backend):
        assert (backend.supports_get_result, backend.supports_defer) == (False, False)
        with pytest.raises(NotImplementedError):
            backend.get_result("123")
        with pytest.raises(compat.InvalidTask, match="run_after"):
            tasks.leave.using(run_after=NOON)


class TestRedis:
    """What TASKS asks of a backend is the same wherever its jobs are."""

    @pytest.fixture(autouse=True)
    def nothing_there(self):
        empty("redis")

    def test_a_result_is_found_again_and_ends(self):
        task = tasks.leave.using(backend="redis", priority=9, run_after=NOON)
        result = task.enqueue("tea", milk=1)
        assert task.get_result(result.id) == result

        drain("redis")
        result.refresh()

        assert (result.status, result.return_value, result.attempts) == (SUCCESSFUL, "tea", 1)
        assert result.started_at <= result.finished_at

    def test_a_failure_says_why(self):
        result = tasks.explode.using(backend="redis", max_attempts=1).enqueue()

        drain("redis")
        result.refresh()

        assert (result.status, result.errors[0].exception_class) == (FAILED, RuntimeError)

    def test_the_context_is_djangos(self, told):
        result = tasks.watch.using(backend="redis").enqueue()

        drain("redis")

        assert told[0].task_result.id == result.id
        assert told[0].task_result.task == result.task

    def test_an_unknown_result_does_not_exist(self):
        with pytest.raises(compat.TaskResultDoesNotExist):
            compat.task_backends["redis"].get_result("01234567-89ab-7def-8123-456789abcdef")
