"""``@task``: declared once, callable as before, enqueued with its defaults."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync

from tasks_core import Call, Task, background, job_backends, registry, task
from tasks_core.exceptions import InvalidCall, UnsupportedFeature
from tasks_core.testing import FrozenClock
from tests.tasks_core.rows import HOUR, NOON


@task(queue="mail", priority=5, backend="dummy", label="Sends")
def send(to, *, subject="tea"):
    """Send a letter."""
    return f"{subject} to {to}"


@task
def plain():
    return "plain"


@task(backend="dummy")
async def send_later(to):
    await asyncio.sleep(0)
    return to


@pytest.fixture
def calls():
    backend = job_backends["dummy"]
    backend.clear()
    return backend.calls


def test_a_task_stays_callable_and_keeps_its_name():
    assert send("Ann") == "tea to Ann"
    assert (send.__name__, send.__doc__) == ("send", "Send a letter.")
    assert (send.name, repr(send)) == (f"{__name__}.send", f"<Task {__name__}.send>")


def test_a_task_is_declared_when_its_module_is_imported():
    assert registry.declared()[f"{__name__}.plain"] is plain
    assert isinstance(plain, Task)


def test_a_coroutine_function_is_known_as_one():
    assert send_later.is_async
    assert not send.is_async


def test_a_call_carries_arguments_and_declared_options(calls):
    send.enqueue("Ann", subject="coffee")

    [call] = calls
    assert (call.func, call.args, call.kwargs) == (send, ["Ann"], {"subject": "coffee"})
    assert (call.queue, call.priority, call.label) == ("mail", 5, "Sends")


def test_defer_takes_the_time_first(calls):
    with FrozenClock(NOON):
        send.defer(HOUR, "Ann")

    assert (calls[0].when, calls[0].args) == (NOON + HOUR, ["Ann"])


def test_using_changes_the_options_of_a_copy(calls):
    urgent = send.using(priority=9, queue="now", creator="ann")

    urgent.enqueue("Ann")
    send.enqueue("Bob")

    assert [(call.priority, call.queue) for call in calls] == [(9, "now"), (5, "mail")]


def test_using_may_say_when(calls):
    with FrozenClock(NOON):
        send.using(when=HOUR).enqueue("Ann")

    assert calls[0].when == NOON + HOUR


def test_using_may_choose_another_backend(calls):
    result = plain.using(backend="dummy").enqueue()

    assert result.backend is job_backends["dummy"]


def test_what_a_call_chooses_wins(calls):
    background.on("dummy").enqueue(send, ["Ann"], queue="other")

    assert calls[0].queue == "other"


def test_many_calls_take_the_declared_options_too(calls):
    background.on("dummy").enqueue_many([Call(send, ["Ann"]), Call(send, ["Bob"], queue="b")])

    assert [(call.queue, call.priority) for call in calls] == [("mail", 5), ("b", 5)]


def test_the_asynchronous_twins_store_the_same(calls):
    async_to_sync(send.aenqueue)("Ann")
    async_to_sync(send.adefer)(HOUR, "Bob")
    async_to_sync(send.using(when=HOUR).aenqueue)("Eve")

    assert [call.args for call in calls] == [["Ann"], ["Bob"], ["Eve"]]
    assert [call.when is None for call in calls] == [True, False, False]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queu": "mail"}, "Did you mean 'queue'"),
        ({"creator": "ann"}, "no option 'creator'"),
        ({"id": 1}, "no option 'id'"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(options, words):
    with pytest.raises(InvalidCall, match=words):
        task(**options)
    with pytest.raises(InvalidCall, match="queue"):
        send.using(queu="mail")


def test_a_nested_function_cannot_be_declared():
    with pytest.raises(InvalidCall, match="not at the top of a module"):

        @task
        def inside():
            pass


@pytest.mark.parametrize(
    ("args", "kwargs"), [([], {}), (["Ann", "Bob"], {}), (["Ann"], {"subjekt": 1})]
)
def test_arguments_that_do_not_fit_are_refused_at_the_call(args, kwargs):
    with pytest.raises(InvalidCall, match="cannot be called with these arguments"):
        background.enqueue(send, args, kwargs)


def test_a_typo_in_an_option_of_a_call_is_refused():
    with pytest.raises(InvalidCall, match="Did you mean 'priority'"):
        background.enqueue(plain, prioritty=1)


def test_an_option_that_a_backend_cannot_keep_is_refused_rather_than_ignored():
    with pytest.raises(UnsupportedFeature, match="timeout"):
        background.on("immediate").enqueue(plain, timeout=timedelta(seconds=5))


@pytest.mark.parametrize("timeout", [5, 5.0, timedelta(seconds=5)])
def test_a_timeout_is_kept_as_a_length_of_time(calls, timeout):
    background.on("dummy").enqueue(plain, timeout=timeout)

    assert calls[0].timeout == timedelta(seconds=5)


def test_when_of_a_task_is_honoured_however_it_is_enqueued(calls):
    later = send.using(when=HOUR)

    with FrozenClock(NOON):
        background.enqueue(later, ["Ann"])
        async_to_sync(background.aenqueue)(later, ["Ann"])
        background.enqueue_many([Call(later, ["Ann"])])
        background.defer(later, ["Ann"], when=2 * HOUR)

    assert [call.when for call in calls] == [NOON + HOUR] * 3 + [NOON + 2 * HOUR]


def test_when_of_a_task_is_refused_where_nothing_can_be_deferred():
    with pytest.raises(UnsupportedFeature, match="cannot defer"):
        background.on("immediate").enqueue(plain.using(when=HOUR))


@pytest.mark.parametrize(
    "options",
    [
        {"priority": 500},
        {"queue": "a,b"},
        {"max_attempts": 0},
        {"backoff": "5"},
        {"gives_up": True},
        {"backoff": -5},
        {"backoff": timedelta(seconds=-1)},
        {"backoff": True},
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_where_it_is_declared(options):
    with pytest.raises(InvalidCall, match=next(iter(options))):
        task(**options)(plain)


def test_an_option_by_position_is_refused_with_the_cure():
    with pytest.raises(InvalidCall, match=r"@task\(queue='mail'\)"):
        task("mail")


@pytest.mark.parametrize(("option", "cure"), [("when", "defer"), ("backend", "on")])
def test_an_option_that_belongs_elsewhere_says_where(option, cure):
    with pytest.raises(InvalidCall, match=rf"use background\.{cure}\("):
        background.enqueue(plain, **{option: "x"})
