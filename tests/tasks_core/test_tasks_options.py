"""Our own options on tasks of Django's: said once, checked where they are said."""

import inspect
import pickle
from datetime import timedelta

import pytest

from tasks_core.models import Job
from tests.joined import tasks_of_django

compat = pytest.importorskip("tasks_core.compat", exc_type=ImportError)
tasks = tasks_of_django()

from tasks_core.contrib.django_tasks import JobTask  # noqa: E402

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tasks_setting"),
]

TAKES_MORE = "kwargs" in inspect.signature(compat.task).parameters


@pytest.mark.skipif(not TAKES_MORE, reason="Django 6.0 knows only its own options")
def test_the_decorator_takes_them():
    send = compat.task(backend="jobs", max_attempts=3, timeout=5)(tasks.leave.func)

    send.enqueue("tea")

    job = Job.objects.get()
    assert (job.max_attempts, job.timeout) == (3, timedelta(seconds=5))


def test_using_takes_them_everywhere():
    options = {"max_attempts": 2, "timeout": timedelta(minutes=1), "key": "tea", "label": "Tea"}
    task = tasks.leave.using(**options, concurrency=("tea", 2), rate="10/m", priority=1)

    task.using(queue_name="mail").enqueue("tea")

    job = Job.objects.get()
    assert (job.max_attempts, job.timeout) == (2, timedelta(minutes=1))
    assert (job.active_key, job.label, job.concurrency_limit) == ("tea", "Tea", 2)
    assert (job.rate_key is not None, job.priority, job.queue) == (True, 1, "mail")


def test_what_is_not_said_is_what_jobs_have():
    tasks.leave.enqueue("tea")

    job = Job.objects.get()
    assert (job.max_attempts, job.timeout, job.priority) == (5, None, 3)


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"max_attempts": 0}, "max_attempts must be from 1"),
        ({"timeout": "soon"}, "timeout must be"),
        ({"backoff": -1}, "backoff must be"),
        ({"concurrency": ("tea {nobody}", 1)}, "nobody"),
        ({"max_attemps": 3}, "Did you mean 'max_attempts'"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_said(option, complaint):
    with pytest.raises(compat.InvalidTask, match=complaint):
        tasks.explode.using(**option)


def test_a_task_is_equal_to_one_that_says_the_same():
    task = tasks.leave.using(max_attempts=3)

    assert isinstance(task, JobTask)
    assert task == tasks.leave.using(max_attempts=3)
    assert task != tasks.leave


@pytest.mark.skipif(not hasattr(compat.Task, "_reconstruct"), reason="came with Django 6.1")
def test_a_task_can_be_pickled():
    task = tasks.leave.using(max_attempts=3)

    assert pickle.loads(pickle.dumps(task)) == task
