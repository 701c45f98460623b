"""A task declared with Django's own decorator is a task here too."""

import pytest

from tasks_core import JobState, background, job_backends, registry
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.joined import tasks_of_django
from tests.tasks_core.rows import HOUR, NOON

tasks = tasks_of_django()


pytestmark = [
    pytest.mark.django_db(databases=["default", "queue"]),
    pytest.mark.usefixtures("tasks_setting"),
]


def test_a_task_of_django_runs_with_its_own_priority():
    background.enqueue(tasks.add, [20], {"more": 22})

    [(_, outcome)] = drain()

    assert outcome.value == 42
    assert Job.objects.get().priority == 7


def test_its_queue_and_run_after_are_honoured():
    later = NOON.replace(year=2100)
    mail = tasks.add.using(backend="dummy", queue_name="mail", run_after=later)

    background.enqueue(mail, [1])
    background.defer(mail, [1], when=later + HOUR)

    jobs = Job.objects.order_by("run_after")
    assert [job.run_after for job in jobs] == [later, later + HOUR]
    assert {(job.state, job.queue) for job in jobs} == {(JobState.SCHEDULED, "mail")}


@pytest.mark.parametrize(
    ("alias", "place"), [("jobs", "default"), ("queue", "queue"), ("dummy", "default")]
)
def test_it_goes_where_its_backend_keeps_jobs(alias, place):
    """One that keeps none in JOBS says nothing about them, and the default is taken."""
    result = background.enqueue(tasks.add.using(backend=alias), [1])

    assert result.backend is job_backends[place]


def test_what_is_said_at_the_call_comes_first():
    result = background.on("queue").enqueue(tasks.leave, ["tea"], priority=-1)

    assert result.backend is job_backends["queue"]
    assert Job.objects.using("queue").get().priority == -1


def test_it_is_given_the_context_of_django():
    result = background.enqueue(tasks.look, ["milk"], queue="mail")

    drain()
    result.refresh()

    assert result.return_value == ["milk", 1, str(result.id), "RUNNING", "mail"]


def test_a_stored_name_leads_to_it():
    found = registry.resolve("tests.app.django_tasks.look")

    assert (found.foreign, found.takes_context) == (tasks.look, True)
