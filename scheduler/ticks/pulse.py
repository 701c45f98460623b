"""When this process looks whether something is due. To ask is to compare two numbers."""

from __future__ import annotations

import logging
from threading import Lock, Thread

from django.db import connections

from scheduler import conf
from scheduler.exceptions import SchedulerError
from scheduler.tick_settings import FIRE_AND_FORGET
from scheduler.ticks.post import post
from scheduler.ticks.ticker import ticker
from tasks_core import clock
from tasks_core.processes.output import log_failure

logger = logging.getLogger("scheduler")

HUNG = 600.0  # seconds after which a beat is not waited for any more
REST = 1.0  # seconds between two beats, whatever is due
ECHO = 5.0  # seconds between two ticks that the site sends to itself


class Pulse:
    """Beats in a thread of its own, one at a time, and then rests until something is due."""

    def __init__(self) -> None:
        self.at = 0.0  # by the monotonic clock
        self._is_beating = False
        self._asked = False
        self._is_unwell = False
        self._lock = Lock()

    def is_time(self) -> bool:
        return clock.monotonic() >= self.at

    def hurry(self) -> None:
        """Look after the next request, since something may have become due in this process."""
        self._asked = True
        if not self._is_beating:
            self.at = 0.0

    def rest(self, seconds: float) -> None:
        """Do not look for so long, since somebody has just done it."""
        self.at = max(self.at, clock.monotonic() + seconds)

    def begin(self) -> None:
        """Beat in a thread, unless one does already. Raises nothing: a response waits for us."""
        with self._lock:
            if not self.is_time():
                return
            self.at = clock.monotonic() + HUNG
            self._is_beating, self._asked = True, False
        try:
            Thread(target=self._beat, name="tick", daemon=True).start()
        except RuntimeError as error:  # no more threads, or the interpreter ends
            self._is_beating = False
            self._tell(error)

    def _beat(self) -> None:
        wait = conf.Tuning().tick_look_seconds
        try:
            wait = max(REST, beat())
            self._is_unwell = False
        except Exception as error:  # noqa: BLE001 - as in Loop: it is told, and tried again
            self._tell(error)
        finally:
            connections.close_all()
            self._is_beating = False
            self.at = 0.0 if self._asked else clock.monotonic() + wait

    def _tell(self, error: Exception) -> None:
        """Log the exception being handled, once until it is well again."""
        if self._is_unwell:
            return
        self._is_unwell = True
        if isinstance(error, SchedulerError):
            logger.error("no tick after a request: %s", error)
        else:
            log_failure("no tick after a request")


def beat() -> float:
    """Tick if something is due; return after how many seconds to look again."""
    tuning = conf.tuning()
    wait = ticker.seconds_until_due()
    if wait > 0:
        return min(wait, tuning.tick_look_seconds)
    if tuning.tick_requests == FIRE_AND_FORGET:
        post()
        return ECHO
    report = ticker.tick()
    if report is None:  # another process does it
        return REST
    if report.more and report.has_done_something:
        return 0.0
    wait = ticker.seconds_until_due()
    if wait <= 0 and not report.has_done_something:
        # What is due and was not touched is nothing for this process, or somebody else's just now.
        wait = tuning.tick_look_seconds
    return min(max(wait, 0.0), tuning.tick_look_seconds)


pulse = Pulse()
