"""A thread of a process that hands over what others left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from math import inf

from django.db import connections

from tasks_core import conf
from tasks_core.outbox.relay import sweep
from tasks_core.outbox.waiting import is_used
from tasks_core.processes.output import log_failure

EVERY = 5.0  # seconds; only a crash or an outage leaves something behind
STOP = 5.0  # seconds: a backend that hangs must not keep the process from ending


def callers() -> list[str]:
    """Return the database in which durable calls are written down."""
    return [conf.get("OUTBOX_DATABASE")]


def sweep_all(aliases: Iterable[str], *, seconds: float = inf) -> int:
    """
    Sweep the outboxes of these databases that are in use; return how many calls arrived.

    What is not begun after so many ``seconds`` in one of them is left to the next sweep.
    A database that cannot be asked, which need not be that of the jobs, is told of in the log.
    """
    handed_over = 0
    for alias in dict.fromkeys(aliases):
        try:
            handed_over += sweep(alias, seconds=seconds) if is_used(alias) else 0
        except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
            log_failure("the outbox in the database %s could not be swept", alias)
    return handed_over


class Sweeper:
    """Sweeps every few seconds, and when it is woken; nobody else waits for a slow backend."""

    def __init__(self, aliases: Callable[[], Iterable[str]] = callers) -> None:
        self._aliases = aliases
        self._stopping = False
        self._waking = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if some backend keeps its jobs elsewhere."""
        if any(is_used(alias) for alias in self._aliases()):
            self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        self._waking.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout=STOP)

    def _run(self) -> None:
        while not self._stopping:
            self._waking.clear()
            sweep_all(self._aliases())
            connections.close_all()
            self._waking.wait(EVERY)
