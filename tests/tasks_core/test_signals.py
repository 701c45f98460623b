"""What happened is said once, in words that can be searched for."""

import logging
from datetime import timedelta

import pytest

from tasks_core import Snooze, background, job_backends, signals, task
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock, drain
from tests.app.tasks import explode_once, leave_effect, nothing
from tests.tasks_core.rows import NOON

pytestmark = pytest.mark.django_db


@task(backoff=timedelta(0), max_attempts=2)
def fail_twice():
    raise RuntimeError("line one\nline two")


def snooze():
    raise Snooze(timedelta(hours=1))


@pytest.fixture
def told():
    """Return the names of the signals about jobs, in order, with what came along."""
    heard, receivers = [], []
    for name in ("job_enqueued", "job_started", "job_settled", "jobs_ended"):

        def listen(name=name, **kwargs):
            heard.append((name, kwargs))

        receivers.append((name, listen))
        getattr(signals, name).connect(listen)
    yield heard
    for name, listen in receivers:
        getattr(signals, name).disconnect(listen)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "tasks_core")
    return lambda: [(record.levelname, record.getMessage()) for record in caplog.records]


def test_a_job_is_told_of_from_its_call_to_its_end(told):
    result = background.enqueue(nothing)
    drain()

    names = [name for name, _ in told]
    assert names == ["job_enqueued", "job_started", "jobs_ended", "job_settled"]
    assert all(kwargs["sender"] is type(job_backends["default"]) for _, kwargs in told)
    assert told[1][1]["attempt"].job_id == result.id
    assert told[3][1]["seconds"] >= 0


def test_an_end_says_how_and_when(told):
    with FrozenClock(NOON):
        result = background.enqueue(explode_once)
        drain()

    [ends] = [kwargs["ends"] for name, kwargs in told if name == "jobs_ended"]
    assert ends == [signals.JobEnd(result.id, JobState.FAILED, NOON, "error", {})]


def test_an_attempt_that_will_be_tried_again_is_no_end(told):
    background.enqueue(fail_twice, max_attempts=3)
    drain()

    assert [name for name, _ in told].count("jobs_ended") == 1
    assert [name for name, _ in told].count("job_settled") == 3


def test_a_listener_that_raises_harms_nobody():
    def listen(**kwargs):
        raise RuntimeError("listener")

    for name in ("job_enqueued", "job_started", "job_settled", "jobs_ended"):
        getattr(signals, name).connect(listen)
    result = background.enqueue(nothing)
    drain()
    for name in ("job_enqueued", "job_started", "job_settled", "jobs_ended"):
        getattr(signals, name).disconnect(listen)

    result.refresh()
    assert result.status == JobState.SUCCESSFUL


def test_a_start_and_an_end_are_one_line_each(lines):
    result = background.enqueue(nothing)
    drain()

    about = [line for line in lines() if str(result.id) in line[1]]
    assert about[0] == (
        "INFO",
        f"job {result.id} started: tests.app.tasks.nothing (attempt 1 of 5)",
    )
    assert about[1][1].startswith(f"job {result.id} ended in ")
    assert len(about) == 2


def test_a_retry_is_a_warning_and_a_failure_an_error(lines):
    background.enqueue(fail_twice)
    drain()

    spoken = [(level, text) for level, text in lines() if "RuntimeError" in text]
    assert [level for level, _ in spoken] == ["WARNING", "ERROR"]
    assert "and runs again in" in spoken[0][1]
    assert all("\n" not in text for _, text in spoken)


def test_a_snooze_is_no_warning(lines):
    background.enqueue(snooze)
    drain()

    assert any(level == "INFO" and "snoozed for 1:00:00" in text for level, text in lines())


def test_arguments_are_not_logged(lines):
    background.enqueue(leave_effect, ["secret"])
    drain()

    assert not any("secret" in text for _, text in lines())
