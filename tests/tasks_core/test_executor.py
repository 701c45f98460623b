"""Running attempt -> outcome, whatever the job does."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from tasks_core import Snooze, clock, executor, task
from tasks_core.attempts import Attempt
from tasks_core.exceptions import InvalidCall
from tasks_core.outcomes import Errored, Snoozed, Succeeded

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UNKNOWN = "tasks_core.exceptions.UnknownTask"


@task
def give_back(value):
    return value


@task
async def give_back_later(value):
    return value


@task(gives_up=lambda attempt, error: isinstance(error, KeyError) or attempt == 2)
def hopeless(error):
    raise {"key": KeyError, "value": ValueError}[error]


@task(backoff=HOUR)
def raise_what(name):
    raise {
        "exit": SystemExit(3),
        "interrupt": KeyboardInterrupt(),
        "generator": GeneratorExit(),
        "unreadable": Unreadable(),
        "group": ExceptionGroup("several", [ValueError("a"), KeyError("b")]),
        "call": InvalidCall("args: a set is not JSON."),
        "snooze": Snooze(90),
        "bytes": ValueError(b"\xff\x00"),
    }[name]


@task(backoff=HOUR)
async def raise_what_later(name):
    raise_what(name)


def leave(attempt):
    raise SystemExit(attempt)


@task(backoff=leave)
def back_off_badly():
    raise RuntimeError("broken")


@task(takes_context=True)
def show_context(context):
    return [context.attempt, context.is_last_attempt]


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def run(function, *args, **fields):
    known = {"job_id": uuid4(), "task": function.name, "args": list(args), "max_attempts": 3}
    attempt = Attempt(**known | fields)
    if function.is_async:
        return async_to_sync(executor.aexecute)(attempt)
    return executor.execute(attempt)


@pytest.mark.parametrize("function", [give_back, give_back_later])
def test_what_a_job_returns_is_its_value(function):
    assert run(function, {"a": (1,)}) == Succeeded({"a": [1]})


@pytest.mark.parametrize("function", [give_back, give_back_later])
def test_what_is_not_json_fails_for_good(function):
    outcome = run(function, object())

    assert isinstance(outcome, Errored)
    assert (outcome.reason, outcome.retry_in) == ("result", None)
    assert "The return value: an object is not JSON" in outcome.error.message


@pytest.mark.parametrize("function", [raise_what, raise_what_later])
@pytest.mark.parametrize(
    ("name", "exception", "message"),
    [
        ("exit", "builtins.SystemExit", "3"),
        ("interrupt", "builtins.KeyboardInterrupt", ""),
        ("generator", "builtins.GeneratorExit", ""),
        ("unreadable", f"{__name__}.Unreadable", "<Unreadable whose text cannot be read>"),
        ("group", "builtins.ExceptionGroup", "several (2 sub-exceptions)"),
        ("call", "tasks_core.exceptions.InvalidCall", "args: a set is not JSON."),
        ("bytes", "builtins.ValueError", "b'\\xff\\x00'"),
    ],
)
def test_whatever_a_job_raises_is_an_error_that_is_tried_again(function, name, exception, message):
    outcome = run(function, name)

    assert (outcome.error.exception, outcome.error.message) == (exception, message)
    assert (outcome.reason, outcome.retry_in) == ("error", HOUR)


@pytest.mark.parametrize("function", [raise_what, raise_what_later])
def test_a_snooze_is_no_error(function):
    assert run(function, "snooze") == Snoozed(timedelta(seconds=90))


def test_a_back_off_that_fails_is_replaced_by_the_default():
    outcome = run(back_off_badly)

    assert outcome.error.message == "broken"
    assert timedelta(0) <= outcome.retry_in <= timedelta(seconds=5)


def test_a_task_that_asks_is_given_its_context():
    assert run(show_context, number=3) == Succeeded([3, True])


@pytest.mark.parametrize("fields", [{"args": 5}, {"kwargs": [1]}, {"context": 7}])
def test_a_row_that_was_tampered_with_is_an_error_of_its_job(fields):
    outcome = run(show_context if "context" in fields else give_back, **fields)

    assert isinstance(outcome, Errored)


def unknown(*since):
    """Run a task that nobody knows, after workers of these instants did not know it either."""
    errors = [{"exception": UNKNOWN, "at": at.isoformat()} for at in since]
    return executor.execute(Attempt(job_id=uuid4(), task="os.system", errors=errors))


def test_a_name_that_cannot_be_resolved_waits_for_a_deploy(frozen_clock):
    outcome = unknown()

    assert outcome.error.exception == UNKNOWN
    assert timedelta(seconds=2.5) <= outcome.delay <= timedelta(seconds=5)
    assert not executor.is_async(Attempt(job_id=uuid4(), task="os.system"))


def test_it_waits_about_as_long_again_as_it_has_waited(frozen_clock):
    noon = frozen_clock.moment

    outcome = unknown(noon - 4 * MINUTE, noon - MINUTE)

    assert 2 * MINUTE <= outcome.delay <= 4 * MINUTE


def test_it_waits_no_longer_than_the_grace(frozen_clock):
    assert unknown(frozen_clock.moment - 50 * MINUTE).delay == 10 * MINUTE


def test_after_the_grace_it_fails_for_good(frozen_clock):
    outcome = unknown(frozen_clock.moment - HOUR)

    assert (outcome.reason, outcome.retry_in) == ("unknown task", None)


@pytest.mark.parametrize("minutes", range(55, 62))
def test_what_is_written_down_is_the_moment_that_was_decided_by(minutes, monkeypatch):
    since = datetime(2026, 11, 21, 12, tzinfo=UTC)
    readings = (since + number * MINUTE for number in count(minutes))
    monkeypatch.setattr(clock, "now", lambda: next(readings))

    outcome = unknown(since)

    last = datetime.fromisoformat(outcome.error.at)
    assert isinstance(outcome, Errored) is (last - since >= HOUR)


def test_only_the_latest_refusals_count(frozen_clock):
    noon = frozen_clock.moment
    errors = [
        {"exception": UNKNOWN, "at": (noon - 5 * HOUR).isoformat()},
        {"exception": "builtins.ValueError", "at": (noon - 4 * HOUR).isoformat()},
    ]

    outcome = executor.execute(Attempt(job_id=uuid4(), task="os.system", errors=errors))

    assert isinstance(outcome, Snoozed)


@pytest.mark.parametrize("errors", [7, [7], [{}], [{"exception": UNKNOWN, "at": "noon"}]])
def test_a_history_that_was_tampered_with_grants_no_grace(errors):
    outcome = executor.execute(Attempt(job_id=uuid4(), task="os.system", errors=errors))

    assert outcome.reason == "unknown task"


@pytest.mark.parametrize(
    ("error", "number", "follows"), [("key", 1, False), ("value", 1, True), ("value", 2, False)]
)
def test_a_task_may_give_up(error, number, follows):
    outcome = run(hopeless, error, number=number)

    assert (outcome.retry_in is not None) == follows
