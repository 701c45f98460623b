"""Remembers calls and runs nothing."""

import pytest

from tasks_core import JobState, background, job_backends
from tests.app.tasks import explode, nothing
from tests.tasks_core.rows import HOUR


@pytest.fixture
def dummy():
    job_backends["dummy"].clear()
    return job_backends["dummy"]


def test_what_was_asked_for_can_be_read_and_nothing_ran(dummy):
    background.on("dummy").enqueue(explode, queue="mail")
    result = background.on("dummy").defer(nothing, when=HOUR, priority=3)

    assert [(call.func, call.queue, call.priority) for call in dummy.calls] == [
        (explode, "mail", 0),
        (nothing, "default", 3),
    ]
    assert dummy.calls[1].id == result.id
    assert [each.status for each in dummy.results] == [JobState.READY, JobState.SCHEDULED]


def test_it_forgets_when_told(dummy):
    background.on("dummy").enqueue(nothing)

    dummy.clear()

    assert (dummy.calls, dummy.results) == ([], [])
