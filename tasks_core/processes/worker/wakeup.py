"""Whoever listens, and wakes a sleeping worker as soon as there may be something for it to do."""

import logging
import math
import threading
from collections.abc import Callable
from functools import partial

from tasks_core import clock, conf
from tasks_core.processes.output import log_failure
from tasks_core.processes.worker.threads import Exchange, Work
from tasks_core.wakes import CannotListen, Listener, Wake

logger = logging.getLogger("tasks_core")

FIRST_PAUSE = 0.02  # seconds to the next look after work was found, when nobody tells us
GROWTH = 1.5  # times this after each look that finds nothing, up to POLL
LIVE_POLLS = 10  # POLLs between two looks while somebody tells us
FIRST_RETRY, LAST_RETRY = 0.5, 30.0  # seconds to the next try to connect
TURN = 60.0  # seconds; bounds one wait of the thread and nothing else
STOP = 5.0  # seconds: a connection attempt that hangs must not keep the process from ending


class WakeUp:
    """
    Calls ``on_wake`` when something was heard, in a thread that ``begin`` lends.

    That may want the thread for work, in exchange for another one, which listens on. While
    ``is_live`` the worker need not look as often; ``longest_wait`` says how often.
    """

    def __init__(
        self,
        listener: Listener | None,
        *,
        on_wake: Callable[[Wake], Exchange | None],
        begin: Callable[[Work], None],
        poll: float | None = None,
    ) -> None:
        self.listener = listener
        self.on_wake = on_wake
        self._begin = begin
        self.is_live = False
        self.poll = poll  # seconds, instead of TASKS_CORE["POLL"]
        self._pause = math.inf  # until work was found
        self._retry = FIRST_RETRY
        self._stopping = threading.Event()
        self.ended = threading.Event()  # set whenever nobody listens
        self.ended.set()

    def start(self) -> None:
        """Listen from now on; without anybody to listen to, do nothing."""
        if self.listener is not None:
            self.ended.clear()
            self._begin(partial(self._run, self.listener))

    def stop(self) -> None:
        """Wake nobody any more, and disconnect."""
        self._stopping.set()
        if self.listener is not None:
            self.listener.interrupt()
            self.ended.wait(timeout=STOP)

    def longest_wait(self, *, found_work: bool) -> float:
        """Return after how many seconds to look for work although nobody called."""
        poll: float = conf.get("POLL").total_seconds() if self.poll is None else self.poll
        self._pause = FIRST_PAUSE if found_work else min(self._pause * GROWTH, poll)
        if found_work and self.listener is not None:
            self.listener.expect_more()
        if not self.is_live:
            return min(self._pause, poll)
        # A call can be lost, when a process dies between its commit and the call; and of the
        # ends of leases nobody tells.
        return float(min(poll * LIVE_POLLS, conf.get("LEASE").total_seconds() / 3))

    # In the thread that listens.

    def _run(self, listener: Listener) -> None:
        exchange = None
        while exchange is None and not self._stopping.is_set():
            try:
                if not self.is_live:
                    self._open(listener)
                exchange = self._listen(listener)
            except CannotListen as reason:
                logger.info("nobody tells us of new jobs (%s): they are looked for", reason)
                break
            except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
                log_failure("the wake-up connection broke, next try in %.1f s", self._retry)
                self._lose()
                listener.close()
        if exchange is not None:
            exchange(partial(self._run, listener))
            return
        self.is_live = False
        listener.close()
        self.ended.set()

    def _open(self, listener: Listener) -> None:
        listener.open()
        self.is_live, self._retry = True, FIRST_RETRY
        self.on_wake(Wake.EVERYTHING)  # of what was committed until now, nobody has told us

    def _listen(self, listener: Listener) -> Exchange | None:
        while not self._stopping.is_set():
            if heard := listener.wait(TURN):
                if exchange := self.on_wake(heard):
                    return exchange
                self._await_echo(listener, heard)
        return None

    def _await_echo(self, listener: Listener, heard: Wake) -> None:
        """
        Wake once more after a moment, for what was committed in the meantime.

        Senders hold their tongues for a few milliseconds after each call. And however much is
        heard in that time, a busy worker is called no more than twice.
        """
        ends_at = clock.monotonic() + listener.echo
        while (left := ends_at - clock.monotonic()) > 0 and not self._stopping.is_set():
            heard |= listener.wait(left)
        if listener.echo:
            self.on_wake(heard)

    def _lose(self) -> None:
        if self.is_live:
            self.is_live = False
            self.on_wake(Wake.EVERYTHING)  # it sleeps for longer than it may from now on
        self._stopping.wait(self._retry)
        self._retry = min(self._retry * 2, LAST_RETRY)
