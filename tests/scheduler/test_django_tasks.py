"""Schedules of Django's tasks, and schedules whose jobs go to a backend of TASKS."""

import pytest
from django.core import checks

from scheduler import declarations, periodic, upkeep
from scheduler.models import Occurrence, Schedule
from scheduler.testing import only_declared
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.processes.worker import Worker
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.joined import tasks_of_django
from tests.scheduler.places import at, declare, ledger, tick

compat = pytest.importorskip("tasks_core.compat", exc_type=ImportError)
tasks = tasks_of_django()


pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
    pytest.mark.usefixtures("tasks_setting"),
]

BRIDGE = "tasks_core.backends.django_tasks.DjangoTasksBackend"
NINE = "0 9 * * *"


@pytest.fixture
def dummy(settings, tasks_setting):
    bridge = {"BACKEND": BRIDGE, "OPTIONS": {"alias": "dummy"}}
    settings.JOBS = settings.JOBS | {"dummies": bridge}
    backend = compat.task_backends["dummy"]
    backend.clear()
    return backend


def swept(moment):
    with FrozenClock(moment):
        return upkeep.sweep()


def declared(task, **options):
    with only_declared():
        periodic(NINE, **options)(task)
        [found] = declarations.declared().values()
    return found


def messages():
    ours = checks.run_checks(tags=["jobs"])
    return {each.id: f"{each.msg} {each.hint}" for each in ours if not each.is_silenced()}


class TestPeriodicOnATaskOfDjango:
    def test_it_keeps_its_queue_and_priority_and_its_place_in_jobs(self):
        found = declared(tasks.leave.using(queue_name="mail"), args=["tea"])

        assert (found.key, found.task) == ("tests.app.django_tasks.leave",) * 2
        assert (found.queue, found.priority, found.backend) == ("mail", 3, "default")

    def test_another_alias_of_tasks_is_another_of_jobs(self):
        assert declared(tasks.leave.using(backend="queue"), args=["tea"]).backend == "queue"

    def test_one_of_another_backend_goes_where_jobs_are_joined_to_it(self, dummy):
        found = declared(tasks.add.using(backend="dummy"), args=[1])

        assert (found.backend, found.priority) == ("dummies", 7)

    def test_one_that_is_joined_to_nothing_is_an_error_with_a_cure(self):
        with only_declared():
            periodic(NINE, args=[1])(tasks.add)
            said = messages()

        assert list(said) == ["tasks_scheduler.E015"]
        assert "'default' of TASKS" in said["tasks_scheduler.E015"]
        assert "contrib.django_tasks.TasksBackend" in said["tasks_scheduler.E015"]

    def test_what_the_entry_says_comes_first(self):
        assert declared(tasks.add, args=[1], backend="default", priority=1).priority == 1

    def test_its_jobs_run_in_our_worker_with_its_context(self):
        declare(at(8), task="tests.app.django_tasks.watch")
        tasks.told.clear()

        tick(at(9))
        with FrozenClock(at(9)):
            Worker(job_backends["default"]).drain()

        [context] = tasks.told
        assert context.task_result.id == str(Occurrence.objects.get().job_id)
        assert Occurrence.objects.get().job_state == "successful"
        assert Job.objects.get().context["key"] == "tea"


class TestJobsInABackendOfTasks:
    def test_a_due_time_becomes_a_call_there(self, dummy):
        declare(at(8), backend="dummies", task="tests.app.tasks.leave_effect", args=["tea"])

        tick(at(9))
        assert (dummy.results, ledger()) == ([], [(at(9), "enqueued")])
        swept(at(9))

        [kept] = dummy.results
        assert (kept.kwargs["task"], kept.kwargs["args"]) == (
            "tests.app.tasks.leave_effect",
            ["tea"],
        )
        assert kept.kwargs["job"]["id"] == str(Occurrence.objects.get().job_id)

    def test_one_in_band_is_an_error_that_can_be_silenced(self, settings):
        settings.JOBS = settings.JOBS | {"now": {"BACKEND": BRIDGE}}
        entry = {"task": "tests.app.tasks.nothing", "cron": NINE, "backend": "now"}

        with only_declared({"tea": entry}):
            said = messages()
            settings.SILENCED_SYSTEM_CHECKS = ["tasks_scheduler.E001"]
            assert messages() == {}

        assert list(said) == ["tasks_scheduler.E001"]
        assert "DjangoTasksBackend ('now' in JOBS)" in said["tasks_scheduler.E001"]

    def test_a_queue_that_is_not_listed_there_is_an_error(self, dummy, settings):
        listed = settings.TASKS["dummy"] | {"QUEUES": ["mail"]}
        settings.TASKS = settings.TASKS | {"dummy": listed}
        entry = {"task": "tests.app.tasks.nothing", "cron": NINE, "backend": "dummies"}

        with only_declared({"tea": entry}):
            assert "Queue 'default' is not valid" in messages()["tasks_scheduler.E007"]


class TestJobsInDjangoTasksDb:
    def test_its_worker_runs_them_and_the_ledger_knows_how_they_ended(self, tasks_db, db_worker):
        declare(at(8), backend="db", task="tests.app.tasks.leave_context")
        tick(at(9))
        swept(at(9))

        db_worker()

        row = Occurrence.objects.get()
        assert tasks_db.objects.get().pk == row.job_id
        told = Effect.objects.get().payload
        assert (told["key"], told["scheduled_for"]) == ("tea", str(at(9)))
        assert row.job_state == "successful"

    def test_a_task_of_django_travels_as_itself_and_its_end_is_asked_for(self, tasks_db, db_worker):
        declare(at(8), backend="db", task="tests.app.django_tasks.leave_later", args=["tea"])
        tick(at(9))
        swept(at(9))
        assert tasks_db.objects.get().task_path == "tests.app.django_tasks.leave_later"

        db_worker()
        assert Effect.objects.get().name == "tea"
        with FrozenClock(at(9, 1)):
            upkeep.reconcile()

        assert Occurrence.objects.get().job_state == "successful"

    def test_a_second_hand_over_makes_no_second_job(self, tasks_db):
        from tasks_core.models import Outbox

        declare(at(8), backend="db")
        tick(at(9))
        [row] = Outbox.objects.all()
        assert swept(at(9)) == 1
        row.save(force_insert=True)  # as if its process had died before it forgot the row

        assert swept(at(9, 1)) == 1
        assert tasks_db.objects.get().pk == Occurrence.objects.get().job_id
        assert Schedule.objects.get().error == ""
