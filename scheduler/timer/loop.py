"""
The loop of the scheduler process: a few jobs of ours in APScheduler, never one per schedule.

A schedule's due times live in its row, where no failed submission can lose one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from django.db import connections

from tasks_core import clock
from tasks_core.processes.connections import tidy_connections
from tasks_core.processes.output import log_failure

T = TypeVar("T")

TURN, UPKEEP = "turn", "upkeep"
SOONEST = 0.001  # seconds; a time that is not in the future would make APScheduler spin
WATCH = 1.0  # seconds between two looks at the clocks
CLOSING = 10.0  # seconds that a thread is given to close its connections
JUMP = 1.0  # seconds by which the wall clock may stray from the monotonic one

JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class In(BaseTrigger):  # type: ignore[misc]
    """First after ``seconds``, then every ``interval`` seconds."""

    def __init__(self, seconds: float, *, interval: float) -> None:
        self.first = timedelta(seconds=max(seconds, SOONEST))
        self.interval = timedelta(seconds=max(interval, SOONEST))

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now + (self.first if previous is None else self.interval)


class OneThread(BasePoolExecutor):  # type: ignore[misc]
    """A pool of one thread, which closes the connections that it kept when the pool ends."""

    def __init__(self) -> None:
        super().__init__(ThreadPoolExecutor(1))
        self.closed = Event()

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002  as it is called
        self._pool.submit(self._close)
        super().shutdown(wait)

    def _close(self) -> None:
        connections.close_all()
        self.closed.set()


class Timer:
    """
    Calls ``turn`` when it asked to be called again, and at least every ``longest`` seconds.

    ``upkeep`` are functions by name with the seconds between two calls. ``stopping`` and
    ``waking`` are the only things that a signal handler touches.
    """

    def __init__(
        self,
        turn: Callable[[], float],
        *,
        longest: float,
        upkeep: Mapping[str, tuple[Callable[[], Any], float]],
        stopping: Event,
        waking: Event,
    ) -> None:
        self.turn = turn
        self.longest = longest
        self.upkeep = upkeep
        self.stopping = stopping
        self.waking = waking
        self._scheduler = BlockingScheduler(timezone=UTC, job_defaults=JOB_DEFAULTS)
        # Two pools of one thread: upkeep never delays a due time.
        self._threads = {TURN: OneThread(), UPKEEP: OneThread()}
        for pool, thread in self._threads.items():
            self._scheduler.add_executor(thread, pool)
        self._at_work = {TURN: Lock(), UPKEEP: Lock()}
        self._ended = False
        self.asked = Event()  # since the turn began, which may have looked before
        self._asking = Lock()

    def run(self, *, duration: float | None = None) -> None:
        """Block until ``stopping`` is set, or for ``duration`` seconds."""
        quiet = logging.getLogger("apscheduler")
        if quiet.level == logging.NOTSET:
            # It would tell of every turn, twice, and of each that takes longer than the interval.
            quiet.setLevel(logging.ERROR)
        first = In(0, interval=self.longest)
        self._scheduler.add_job(self._turn, first, id=TURN, executor=TURN)
        for name, (work, seconds) in self.upkeep.items():
            later = In(seconds, interval=seconds)
            self._scheduler.add_job(self._keep_up, later, [name, work], id=name, executor=UPKEEP)
        watch = Thread(target=self._watch, args=(duration,), name="watch", daemon=True)
        # Not before: it is the watch that shuts down, and only what runs can be.
        self._scheduler.add_listener(lambda _event: watch.start(), EVENT_SCHEDULER_STARTED)
        self._scheduler.start()
        watch.join()
        for at_work in self._at_work.values():
            with at_work:  # what has begun may end
                self._ended = True
        for thread in self._threads.values():
            thread.closed.wait(CLOSING)

    def _turn(self) -> None:
        self.asked.clear()
        wait = self._work(self.turn, TURN)
        if wait is not None:
            with self._asking:
                self._again(TURN, 0 if self.asked.is_set() else wait, interval=self.longest)

    def _keep_up(self, name: str, work: Callable[[], Any]) -> None:
        try:
            self._work(work, UPKEEP)
        except Exception:  # noqa: BLE001  it comes again; APScheduler would tell of its own class
            log_failure("upkeep failed and will be tried again (%s)", name)

    def _ask(self) -> None:
        with self._asking:
            self.asked.set()
            self._again(TURN, 0, interval=self.longest)

    def _work(self, work: Callable[[], T], pool: str) -> T | None:
        """Do ``work`` and tidy up: a connection is kept, for a new one takes longer than a turn."""
        with self._at_work[pool]:
            if self._ended:
                return None
            try:
                return work()
            finally:
                tidy_connections()

    def _again(self, name: str, seconds: float, *, interval: float) -> None:
        with suppress(JobLookupError):  # stopped meanwhile
            trigger = In(min(seconds, interval), interval=interval)
            self._scheduler.reschedule_job(name, trigger=trigger)

    def _watch(self, duration: float | None) -> None:
        """Wake the turn when asked to, or when the wall clock jumps; end it all when stopped."""
        ends_at = clock.monotonic() + (inf if duration is None else duration)
        wall, elapsed = clock.now(), clock.monotonic()
        while not self.stopping.is_set() and (left := ends_at - clock.monotonic()) > 0:
            woken = self.waking.wait(min(WATCH, left))
            self.waking.clear()
            strayed = clock.real_seconds(clock.now() - wall) - (clock.monotonic() - elapsed)
            wall, elapsed = clock.now(), clock.monotonic()
            if woken or abs(strayed) > JUMP:
                self._ask()
            if abs(strayed) > JUMP:
                # APScheduler goes by the wall clock: set back an hour, it would wait an hour.
                for name, (_, seconds) in self.upkeep.items():
                    self._again(name, 0, interval=seconds)
        # Not waiting: it would do so with the lock in hand that a turn needs for its next time.
        self._scheduler.shutdown(wait=False)
