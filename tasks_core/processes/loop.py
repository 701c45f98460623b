"""Call ``tick()`` again and again; wait as long as it asks; stop when told."""

import logging
import os
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

from tasks_core import clock
from tasks_core.processes.output import log_failure

logger = logging.getLogger("tasks_core")


class Touchable(Protocol):
    """A file, or what takes its place."""

    def touch(self) -> None: ...


class Loop(ABC):
    """A process in the making: define ``tick()``, which returns how many seconds to wait."""

    name = "loop"
    error_delay = 1.0  # seconds; doubled for each further failure in a row
    max_error_delay = 30.0

    def __init__(self, *, health_file: str | os.PathLike[str] | None = None) -> None:
        self.health_file: Touchable | None = Path(health_file) if health_file else None
        self.stopping = threading.Event()
        self.waking = threading.Event()
        self.failures = 0

    @abstractmethod
    def tick(self) -> float:
        """Do what there is to do and return how many seconds to wait."""

    def run(self, *, duration: float | None = None) -> None:
        """Loop until stopped, or for ``duration`` seconds."""
        ends_at = None if duration is None else clock.monotonic() + duration
        while not self.stopping.is_set():
            wait = self.tick_or_log()
            if ends_at is not None:
                wait = min(wait, ends_at - clock.monotonic())
                if wait <= 0 and clock.monotonic() >= ends_at:
                    break
            self.wait(wait)

    def wait(self, seconds: float) -> None:
        """Wait, or less when woken or stopped."""
        if seconds > 0 and not self.stopping.is_set():
            self.waking.wait(seconds)
        self.waking.clear()

    def wake(self) -> None:
        """Let the next tick come at once; callable from any thread."""
        self.waking.set()

    def stop(self, *_: Any) -> None:
        """Ask the loop to end after this tick; a signal handler may call it."""
        self.stopping.set()
        self.waking.set()

    def tick_or_log(self) -> float:
        try:
            wait = self.tick()
        except Exception:  # noqa: BLE001 - a broad net, as the executor's
            # A loop outlives a restart of the database. It reports, backs off, tries again.
            wait = self.report_failure()
        else:
            self.failures = 0
            self.note_health()
        return wait

    def note_health(self) -> None:
        """Touch the health file, whose age is how long nothing worked."""
        try:
            if self.health_file is not None:
                self.health_file.touch()
        except OSError:  # a full disk makes the file old, and ends no process
            logger.exception("%s cannot write %s", self.name, self.health_file)

    def report_failure(self) -> float:
        """Log the exception being handled and return how many seconds to wait after it."""
        self.failures += 1
        wait: float = min(self.error_delay * 2 ** min(self.failures - 1, 16), self.max_error_delay)
        log_failure("%s failed, next try in %.0f s", self.name, wait)
        self.recover()
        return wait

    def recover(self) -> None:  # noqa: B027 - most loops break nothing
        """Drop what a failed tick may have broken, such as connections."""
