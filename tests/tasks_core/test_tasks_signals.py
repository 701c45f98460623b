"""Django's signals about tasks in our queues: each once, whoever runs them."""

import logging
from contextlib import ExitStack

import pytest

from tasks_core import background
from tasks_core.backends import job_backends
from tasks_core.processes.worker import Worker
from tasks_core.testing import FrozenClock, drain
from tests.joined import tasks_of_django
from tests.tasks_core.rows import NOON

compat = pytest.importorskip("tasks_core.compat", exc_type=ImportError)
tasks = tasks_of_django()

from tasks_core.contrib.django_tasks import TasksBackend  # noqa: E402
from tests.app import tasks as ours  # noqa: E402

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tasks_setting"),
]

NAMES = ("task_enqueued", "task_started", "task_finished")


@pytest.fixture
def heard():
    """What Django's three signals say, as (signal, sender, status, attempts, errors)."""
    told = []
    with ExitStack() as stack:
        for name in NAMES:
            signal = getattr(compat, name)

            def note(sender, task_result, name=name, **kwargs):
                result = task_result
                told.append((name, sender, result.status, result.attempts, len(result.errors)))

            signal.connect(note, weak=False)
            stack.callback(signal.disconnect, note)
        yield told


def said(heard):
    assert {sender for _, sender, *_ in heard} == {TasksBackend}
    return [(name.removeprefix("task_"), *words) for name, _, *words in heard]


def test_each_is_heard_once(heard):
    tasks.leave.enqueue("tea")
    drain()

    assert said(heard) == [
        ("enqueued", "READY", 0, 0),
        ("started", "RUNNING", 1, 0),
        ("finished", "SUCCESSFUL", 1, 0),
    ]


@pytest.mark.django_db(transaction=True)
def test_each_is_heard_once_from_a_worker(heard):
    tasks.leave.enqueue("tea")
    tasks.leave_later.enqueue("milk")

    Worker(job_backends["default"]).drain()

    assert sorted(name for name, *_ in said(heard)) == [
        *["enqueued"] * 2,
        *["finished"] * 2,
        *["started"] * 2,
    ]


def test_a_task_that_is_tried_again_has_not_finished(heard):
    with FrozenClock(NOON) as clock:
        tasks.explode_at_first.using(backoff=60).enqueue()
        drain()
        assert said(heard)[1:] == [("started", "RUNNING", 1, 0)]

        clock.advance(minutes=5)
        drain()

    assert said(heard)[2:] == [("started", "RUNNING", 2, 1), ("finished", "SUCCESSFUL", 2, 1)]


def test_a_failure_is_told_with_its_error(heard):
    tasks.explode.using(max_attempts=1).enqueue()
    drain()

    assert said(heard)[-1] == ("finished", "FAILED", 1, 1)


def test_a_snoozed_task_has_not_finished(heard):
    tasks.told.clear()
    tasks.rest.enqueue()
    drain()

    assert [name for name, *_ in said(heard)] == ["enqueued", "started"]


def test_a_key_that_is_held_enqueues_nothing(heard):
    first = tasks.leave.using(key="tea").enqueue("tea")
    second = tasks.leave.using(key="tea").enqueue("tea")

    assert (first.id, len(said(heard))) == (second.id, 1)


def test_jobs_that_are_no_tasks_of_django_are_not_told(heard):
    background.enqueue(ours.nothing)
    background.enqueue(tasks.add, [1])  # its backend in TASKS is not ours
    drain()

    assert heard == []


def test_the_framework_writes_its_own_lines(caplog):
    caplog.set_level(logging.INFO)
    result = tasks.leave.enqueue("tea")
    drain()

    lines = [each.getMessage() for each in caplog.records if "django" in each.name]
    assert [line.rpartition("=")[2] for line in lines] == ["RUNNING", "SUCCESSFUL"]
    assert all(result.id in line for line in lines)


def test_its_line_about_a_failure_has_the_traceback(caplog):
    tasks.explode.using(max_attempts=1).enqueue("no milk")
    drain()

    [line] = [
        each for each in caplog.records if each.levelname == "ERROR" and "django" in each.name
    ]
    assert "no milk" in str(line.exc_info[1])
