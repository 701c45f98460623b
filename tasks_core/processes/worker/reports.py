"""When a worker writes down how far its jobs say they are."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tasks_core import clock, progress
from tasks_core.attempts import Attempt

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend

EVERY = 1.0  # seconds: often enough for people, and one transaction for all jobs of the process


class Reports:
    """Writes what is new of the jobs that ``held`` returns, at most once a second."""

    def __init__(self, backend: "ServedBackend", held: Callable[[], Iterable[Attempt]]) -> None:
        self.backend = backend
        self.held = held
        self._next_at = 0.0

    def tick(self) -> None:
        now = clock.monotonic()
        if now >= self._next_at:
            self._next_at = now + EVERY
            self.backend.report_progress(progress.news(self.held()))
