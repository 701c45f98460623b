"""Where jobs run: who waits, who is taken back, and who never starts."""

import asyncio
import queue
import threading

import pytest

from tasks_core import ids
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Errored, Succeeded
from tasks_core.processes.worker.durations import ENOUGH, MOST, SHORT, Durations
from tasks_core.processes.worker.slots import Slots
from tasks_core.testing.own_functions import allow_own_functions
from tests.tasks_core.races import eventually

entered, opened = threading.Semaphore(0), threading.Event()


def wait_at_the_door():
    entered.release()
    assert opened.wait(20)


def say_name_at_the_door():
    wait_at_the_door()
    return do_nothing()


async def wait_in_a_coroutine():
    entered.release()
    assert await asyncio.to_thread(opened.wait, 20)


def do_nothing():
    return threading.current_thread().name


@pytest.fixture
def slots():
    allow_own_functions()
    found = Slots(2, sender=Slots, on_finished=lambda: None)
    yield found
    opened.set()
    eventually(lambda: found.finished() is not None and not found.running)
    found.close()
    opened.clear()


def attempt_of(function, **fields):
    name = f"{function.__module__}.{function.__qualname__}"
    return Attempt(job_id=ids.job_id(), task=name, **fields)


def all_finished(slots, count):
    found = []
    eventually(lambda: found.extend(slots.finished()) or len(found) == count)
    return found


def test_no_more_than_the_slots_run_at_once(slots):
    slots.run([attempt_of(wait_at_the_door) for _ in range(5)])
    assert entered.acquire(timeout=20)
    assert entered.acquire(timeout=20)

    assert (len(slots.running), slots.waiting, slots.free) == (2, 3, 0)
    opened.set()
    assert len(all_finished(slots, 5)) == 5
    assert (slots.free, slots.waiting, slots.held) == (2, 0, {})
    for _ in range(3):
        assert entered.acquire(timeout=20)


def test_what_waits_can_be_taken_back_and_does_not_run(slots):
    attempts = [attempt_of(wait_at_the_door) for _ in range(5)]
    slots.run(attempts)
    assert entered.acquire(timeout=20)
    assert entered.acquire(timeout=20)

    assert {attempt.key for attempt in slots.take_back()} == {a.key for a in attempts[2:]}
    opened.set()
    assert len(all_finished(slots, 2)) == 2
    assert not entered.acquire(blocking=False)


def test_jobs_in_turn_share_a_slot_until_another_helps_out(slots):
    slots.run([attempt_of(wait_at_the_door)] + [attempt_of(do_nothing)] * 1, in_turn=True)
    assert entered.acquire(timeout=20)
    assert slots.waiting == 1

    slots.help_out()

    [helped] = all_finished(slots, 1)
    assert helped.outcome == Succeeded("job-1")
    opened.set()
    assert len(all_finished(slots, 1)) == 1


def test_a_borrowed_thread_runs_what_it_brings_and_another_is_borrowed_instead(slots):
    names = queue.SimpleQueue()
    attempt = attempt_of(say_name_at_the_door)

    slots.threads.borrow(lambda: slots.run([attempt], here=True)(lambda: names.put(do_nothing())))

    assert names.get(timeout=20) == "job-1"
    opened.set()
    [finished] = all_finished(slots, 1)
    assert finished.outcome == Succeeded("job-0")


@pytest.mark.parametrize("function", [wait_at_the_door, wait_in_a_coroutine])
def test_while_its_job_runs_another_thread_does_what_it_left(slots, function):
    listens_on = threading.Event()
    slots.threads.borrow(lambda: slots.run([attempt_of(function)], here=True)(listens_on.set))

    assert entered.acquire(timeout=20)
    assert listens_on.wait(20)
    assert len(slots.running) == 1


def test_another_is_borrowed_even_for_a_job_that_may_not_start():
    slots = Slots(2, sender=Slots, on_finished=lambda: None, may_start=lambda attempt: False)
    listens_on = threading.Event()
    attempt = attempt_of(wait_at_the_door)

    slots.threads.borrow(lambda: slots.run([attempt], here=True)(listens_on.set))

    assert listens_on.wait(20)
    assert slots.take_back() == [attempt]
    slots.close()


def test_where_all_slots_are_busy_the_borrowed_thread_is_left_alone(slots):
    slots.run([attempt_of(wait_at_the_door) for _ in range(2)])
    answers = queue.SimpleQueue()

    slots.threads.borrow(lambda: answers.put(slots.run([attempt_of(do_nothing)], here=True)))

    assert answers.get(timeout=20) is None
    assert slots.waiting == 1


def test_what_may_not_start_any_more_is_given_back():
    slots = Slots(2, sender=Slots, on_finished=lambda: None, may_start=lambda attempt: False)
    attempt = attempt_of(wait_at_the_door)

    slots.run([attempt])

    eventually(lambda: slots.refused)
    assert slots.take_back() == [attempt]
    assert slots.held == {}
    slots.close()


def test_a_function_that_is_gone_gives_its_slot_back(slots):
    slots.run([Attempt(job_id=ids.job_id(), task="tests.no.such.task")])

    [finished] = all_finished(slots, 1)

    assert not isinstance(finished.outcome, Succeeded | Errored) or finished.outcome.error
    assert slots.free == 2


def test_a_task_is_short_once_it_has_been_often_enough():
    durations = Durations()
    for _ in range(ENOUGH - 1):
        durations.note("short", SHORT / 10)
    assert (durations.short, durations.ahead()) == (frozenset(), 0)

    durations.note("short", SHORT / 10)

    assert durations.short == {"short"}
    assert 0 < durations.ahead() <= MOST


def test_one_long_run_ends_the_trust_in_a_task():
    durations = Durations()
    for _ in range(100):
        durations.note("short", 0.0001)
    assert durations.are_tiny([attempt_of(do_nothing)]) is False

    durations.note("short", SHORT * 2)

    assert durations.short == frozenset()
