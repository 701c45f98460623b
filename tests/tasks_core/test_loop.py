"""A loop outlives what goes wrong in a tick, waits as long as it is asked, and stops when told."""

import itertools
import signal
import threading

import pytest

from tasks_core import clock
from tasks_core.processes.interrupts import show_on_signals, stop_on_signals
from tasks_core.processes.loop import Loop
from tests.tasks_core.races import eventually


def after_a_tick(loop, act, *arguments):
    """Do ``act`` in another thread, once the loop has ticked and not before it runs."""

    def wait():
        eventually(lambda: loop.ticks)
        act(*arguments)

    threading.Thread(target=wait).start()


class Counting(Loop):
    """Ticks ``until`` times, asking for ``wait`` seconds each, and then stops."""

    def __init__(self, *, until, wait=0.0, **options):
        super().__init__(**options)
        self.until, self.asked, self.ticks = until, wait, 0

    def tick(self):
        self.ticks += 1
        if self.ticks >= self.until:
            self.stop()
        return self.asked


class Failing(Loop):
    def tick(self):
        raise RuntimeError("the database is away")


def test_it_ticks_until_it_is_stopped():
    loop = Counting(until=3)

    loop.run()

    assert loop.ticks == 3


def test_a_stop_from_another_thread_ends_a_long_wait():
    loop = Counting(until=99, wait=60)
    after_a_tick(loop, loop.stop)

    loop.run()

    assert loop.ticks == 1


def test_waking_it_brings_the_next_tick_at_once():
    loop = Counting(until=2, wait=60)
    after_a_tick(loop, loop.wake)

    loop.run()

    assert loop.ticks == 2


def test_it_ends_by_itself_after_its_duration(monkeypatch):
    moments = itertools.count(0.0, 0.01)  # at each look it is so much later
    monkeypatch.setattr(clock, "monotonic", lambda: next(moments))
    loop = Counting(until=10**9, wait=0.001)

    loop.run(duration=0.2)

    assert 2 <= loop.ticks <= 25


def test_a_tick_that_fails_is_logged_and_waited_for_longer_each_time(caplog):
    loop = Failing()

    waits = [loop.tick_or_log() for _ in range(8)]

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert "loop failed, next try in 30 s" in caplog.text
    assert "the database is away" in caplog.text


def test_a_success_forgets_the_failures():
    loop = Counting(until=9)
    loop.failures = 5

    loop.tick_or_log()

    assert loop.failures == 0


def test_the_health_file_is_touched_by_success_alone(tmp_path):
    health = tmp_path / "health"

    Failing(health_file=health).tick_or_log()
    assert not health.exists()

    Counting(until=1, health_file=health).tick_or_log()
    assert health.exists()


def test_a_health_file_that_cannot_be_written_stops_nothing(tmp_path, caplog):
    loop = Counting(until=2, wait=0.01, health_file=tmp_path / "no" / "such" / "folder")

    loop.run()

    assert loop.ticks == 2
    assert "folder" in caplog.text


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


@pytest.fixture
def _signals():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, receiver in before.items():
        signal.signal(number, receiver)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(number):
    loop = Counting(until=99, wait=60)
    stop_on_signals(loop.stop)
    main = threading.main_thread().ident
    after_a_tick(loop, signal.pthread_kill, main, number)

    loop.run()

    assert loop.ticks == 1


@pytest.mark.usefixtures("_signals")
def test_a_signal_that_the_system_gives_to_another_thread_stops_it_as_soon():
    """As it does with the second of two: nothing wakes the main thread then."""
    loop = Counting(until=99, wait=30)
    stop_on_signals(loop.stop)
    after_a_tick(loop, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
    began = clock.monotonic()

    loop.run()

    assert clock.monotonic() - began < 15


@pytest.mark.usefixtures("_signals")
def test_what_fails_at_one_signal_leaves_the_next_to_be_heard(caplog):
    loop = Counting(until=99, wait=30)
    heard = threading.Event()

    def fail():
        heard.set()
        raise RuntimeError("nowhere to write to")

    show_on_signals(fail)
    stop_on_signals(loop.stop)

    signal.raise_signal(signal.SIGUSR1)
    assert heard.wait(30)
    signal.raise_signal(signal.SIGTERM)

    assert loop.stopping.wait(30)
    assert "nowhere to write to" in caplog.text


# Python calls a receiver of signals between any two instructions of the main thread, so it may
# not need a lock that this very thread holds.
AT_ANY_MOMENT = """
import signal, sys
from tasks_core.processes.interrupts import stop_on_signals
from tasks_core.processes.loop import Loop

class Idle(Loop):
    def tick(self):
        return 1.0

loop = Idle()
stop_on_signals(loop.stop)
for event in (loop.waking, loop.stopping):
    with event._cond:
        signal.raise_signal(signal.SIGTERM)
print("stopped", loop.stopping.wait(10))
"""


@pytest.mark.vendor("sqlite")
def test_a_signal_may_come_at_any_moment(manage_process):
    child = manage_process("shell", "-c", AT_ANY_MOMENT)

    child.wait_for("stopped True")


# A job may fork, as multiprocessing does, and end what it has forked.
FORKED = """
import os, signal, threading
from tasks_core.processes.interrupts import stop_on_signals

stopped = threading.Event()
stop_on_signals(lambda _: stopped.set())
if not (child := os.fork()):
    signal.raise_signal(signal.SIGTERM)
    os._exit(0)
os.waitpid(child, 0)
print("parent stopped", stopped.wait(1))
"""


@pytest.mark.vendor("sqlite")
def test_a_signal_to_a_forked_process_is_not_for_its_parent(manage_process):
    child = manage_process("shell", "-c", FORKED)

    child.wait_for("parent stopped False")
