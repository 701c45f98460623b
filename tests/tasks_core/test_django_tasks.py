"""A task declared with Django's own decorator is a task here too."""

import importlib.util

import pytest

from tasks_core import background
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.django_tasks import add


@pytest.mark.django_db
@pytest.mark.skipif(
    importlib.util.find_spec("django.tasks") is None, reason="django.tasks came with Django 6.0"
)
def test_a_task_of_django_runs_with_its_own_priority():
    background.enqueue(add, [20], {"more": 22})

    [(_, outcome)] = drain()

    assert outcome.value == 42
    assert Job.objects.get().priority == 7
