"""The timer: called when it asked, woken when something happens, ended when told."""

from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from django.db import OperationalError

from scheduler.timer import Timer
from tasks_core import clock

SOON = 60  # seconds after which a test gives up


class Turns:
    """Notes when it was called and asks to be called again after ``wait`` seconds."""

    def __init__(self, wait=60.0):
        self.wait = wait
        self.times = []
        self.called = Event()

    def __call__(self):
        self.times.append(monotonic())
        self.called.set()
        return self.wait


@pytest.fixture
def running():
    """Start timers in threads, and end them."""
    started = []

    def start(turn, *, longest=60.0, **upkeep):
        timer = Timer(turn, longest=longest, upkeep=upkeep, stopping=Event(), waking=Event())
        thread = Thread(target=timer.run)
        thread.start()
        started.append((timer, thread))
        return timer

    yield start
    for timer, thread in started:
        timer.stopping.set()
        timer.waking.set()
        thread.join(SOON)
        assert not thread.is_alive()


def test_it_calls_at_once_and_then_when_asked(running):
    turns = Turns(wait=0.2)

    running(turns)

    assert wait_until(lambda: len(turns.times) >= 3)
    gaps = [later - earlier for earlier, later in zip(turns.times, turns.times[1:], strict=False)]
    assert min(gaps) >= 0.19


def test_it_never_waits_longer_than_it_may(running):
    turns = Turns(wait=60)

    running(turns, longest=0.2)

    assert wait_until(lambda: len(turns.times) >= 3)


def test_it_is_woken(running):
    turns = Turns()
    timer = running(turns)
    assert turns.called.wait(SOON)

    timer.waking.set()

    assert wait_until(lambda: len(turns.times) >= 2)


def test_it_is_woken_during_a_turn_that_looked_too_early(running):
    looked, told = Event(), Event()
    turns = Turns()

    def turn():
        wait = turns()
        looked.set()
        told.wait(SOON)
        return wait

    timer = running(turn)
    assert looked.wait(SOON)
    timer.waking.set()
    assert wait_until(timer.asked.is_set)
    told.set()

    assert wait_until(lambda: len(turns.times) >= 2)


def test_a_jump_of_the_wall_clock_wakes_it(running, monkeypatch):
    turns, upkeep = Turns(), Turns()
    running(turns, upkeep=(upkeep, 3600.0))
    assert turns.called.wait(SOON)

    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(hours=1))

    assert wait_until(lambda: len(turns.times) >= 2)
    assert upkeep.called.wait(SOON)


def test_upkeep_comes_by_itself(running):
    upkeep = Turns()

    running(Turns(), upkeep=(upkeep, 0.1))

    assert wait_until(lambda: len(upkeep.times) >= 3)


def test_upkeep_that_fails_is_told_in_our_words_and_comes_again(running, caplog):
    calls = Turns()

    def upkeep():
        calls()
        raise OperationalError("the server has gone") if len(calls.times) == 1 else ValueError

    running(Turns(), upkeep=(upkeep, 0.1))

    assert wait_until(lambda: len(calls.times) >= 3)
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert {record.name for record in told} == {"tasks_core"}
    assert "(upkeep): the database cannot be used: the server has gone" in told[0].getMessage()
    assert [bool(record.exc_info) for record in told[:2]] == [False, True]


def test_a_turn_that_takes_long_is_no_news(running, caplog):
    begun, may_end = Event(), Event()

    def turn():
        begun.set()
        may_end.wait(5)
        return 60.0

    skipped = Event()
    timer = running(turn, longest=0.01)
    timer._scheduler.add_listener(lambda _event: skipped.set(), EVENT_JOB_MAX_INSTANCES)
    assert begun.wait(5)
    assert skipped.wait(5)
    may_end.set()

    assert caplog.records == []


def test_it_ends_after_its_time():
    timer = Timer(Turns(), longest=60, upkeep={}, stopping=Event(), waking=Event())
    began = monotonic()

    timer.run(duration=0.3)

    assert 0.25 < monotonic() - began < SOON


def test_a_turn_that_has_begun_may_end():
    begun, may_end, ended = Event(), Event(), Event()

    def turn():
        begun.set()
        may_end.wait(SOON)
        ended.set()
        return 60.0

    timer = Timer(turn, longest=60, upkeep={}, stopping=Event(), waking=Event())
    thread = Thread(target=timer.run)
    thread.start()
    begun.wait(SOON)
    timer.stopping.set()
    timer.waking.set()
    thread.join(0.5)
    assert thread.is_alive()

    may_end.set()
    thread.join(SOON)

    assert ended.is_set()
    assert not thread.is_alive()


def wait_until(true, seconds=SOON):
    ends_at = monotonic() + seconds
    while not true() and monotonic() < ends_at:
        Event().wait(0.01)
    return true()
