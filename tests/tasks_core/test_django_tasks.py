"""A task declared with Django's own decorator is a task here too."""

import importlib.util

import pytest

from tasks_core import JobState, background, job_backends
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.django_tasks import add, look
from tests.tasks_core.rows import HOUR, NOON

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        importlib.util.find_spec("django.tasks") is None,
        reason="django.tasks came with Django 6.0",
    ),
]


def test_a_task_of_django_runs_with_its_own_priority():
    background.enqueue(add, [20], {"more": 22})

    [(_, outcome)] = drain()

    assert outcome.value == 42
    assert Job.objects.get().priority == 7


def test_its_queue_and_run_after_are_honoured(settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    later = NOON.replace(year=2100)

    background.enqueue(add.using(run_after=later), [1])
    background.defer(add.using(run_after=later), [1], when=later + HOUR)

    jobs = Job.objects.order_by("run_after")
    assert [job.run_after for job in jobs] == [later, later + HOUR]
    assert {job.state for job in jobs} == {JobState.SCHEDULED}


def test_its_backend_is_of_another_setting(settings):
    settings.TASKS = {
        alias: {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}
        for alias in ("default", "elsewhere")
    }

    result = background.enqueue(add.using(backend="elsewhere"), [1])

    assert result.backend is job_backends["default"]


def test_the_context_of_django_is_refused_with_a_cure():
    with pytest.raises(InvalidCall, match=r"Declare it with tasks_core's @task\(takes_context"):
        background.enqueue(look)

    assert not Job.objects.exists()
