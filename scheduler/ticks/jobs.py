"""Ready jobs are run in this process, for sites that have no worker: one visit at a time."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from threading import Lock, Thread
from typing import Any

from django.db import connections

from tasks_core import clock, conf, job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.processes.output import log_failure
from tasks_core.processes.worker.guest import Guest, has_work
from tasks_core.states import FINAL

AT_ONCE = 1  # jobs: requests are served meanwhile
LEAVING = 1.0  # seconds that a guest may take to say good-bye


class Visit(Thread):
    """A guest for each of ``backends``, one after the other, in a thread of their own."""

    def __init__(self, backends: list[DatabaseBackend], *, seconds: float) -> None:
        super().__init__(name="jobs", daemon=True)
        self.guests = [Guest(backend, concurrency=AT_ONCE) for backend in backends]
        self.ends_at = clock.monotonic() + seconds

    def run(self) -> None:
        try:
            for guest in self.guests:
                guest.visit(seconds=self.ends_at - clock.monotonic())
        except Exception:  # noqa: BLE001 - as in Loop: the next tick tries again
            log_failure("jobs could not be run in this process")
        finally:
            connections.close_all()

    def leave(self) -> None:
        """Let what runs end, for as long as GRACE allows: this process is about to end."""
        for guest in self.guests:
            guest.stop()
        self.join(conf.get("GRACE").total_seconds() + LEAVING)

    @property
    def ended(self) -> int:
        return sum(guest.settlement.ended for guest in self.guests)


class Visits:
    """No more than one visit in this process: a job that takes long keeps the next from coming."""

    def __init__(self) -> None:
        self._last: Visit | None = None
        self._lock = Lock()

    def run(self, *, seconds: float) -> tuple[int, bool]:
        """
        Run what is ready for so many seconds; return how many jobs ended and if there is more.

        A job that needs longer goes on when this returns.
        """
        visit = self._begin(seconds)
        if visit is None:
            return 0, any(map(has_work, served()))
        visit.join(seconds + LEAVING)
        # Who left before its time found nothing more; jobs of a paused queue look as if ready.
        was_long = visit.is_alive() or clock.monotonic() >= visit.ends_at
        return visit.ended, was_long and (visit.is_alive() or any(map(has_work, served())))

    def _begin(self, seconds: float) -> Visit | None:
        with self._lock:
            if seconds <= 0 or (self._last is not None and self._last.is_alive()):
                return None
            backends = [backend for backend in served() if has_work(backend)]
            if not backends:
                return None
            if self._last is None:
                atexit.register(self._leave)
            self._last = Visit(backends, seconds=seconds)
            self._last.start()
            return self._last

    def _leave(self) -> None:
        if self._last is not None and self._last.is_alive():
            self._last.leave()


visits = Visits()


def served() -> Iterator[Any]:
    """Yield the backends that a worker of ours can serve."""
    for backend in map(job_backends.__getitem__, job_backends):
        if backend.supports("claim") and backend.supports("settle"):
            yield backend


def prune() -> None:
    """Remove jobs that ended long ago, as workers do now and then."""
    for backend in served():
        for state in sorted(FINAL):
            next(backend.prune(state), 0)
        backend.prune_keys()
