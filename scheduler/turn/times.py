"""How long other people's code took while rows were locked: a database cuts off who is idle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scheduler.exceptions import SchedulerError
from scheduler.turn.due import Row
from tasks_core import clock

PATIENCE = 5.0  # seconds for the code of a whole batch; the database's is twice as long


class TooSlow(SchedulerError):
    """What a schedule asks of its own code took longer than the others can wait."""


class Times:
    """The seconds that the code of each schedule took, and whose took longest."""

    def __init__(self) -> None:
        self.total = 0.0
        self.slowest: Row | None = None
        self._longest = 0.0

    @contextmanager
    def of(self, row: Row) -> Iterator[None]:
        began = clock.monotonic()
        try:
            yield
        finally:
            seconds = clock.monotonic() - began
            self.total += seconds
            if seconds > self._longest:
                self.slowest, self._longest = row, seconds

    @property
    def too_slow(self) -> Row | None:
        """Return the schedule that the others waited for in vain, if they did."""
        return self.slowest if self.total > PATIENCE else None

    @property
    def why(self) -> TooSlow:
        return TooSlow(
            f"its own code (trigger, enabled=, args= or kwargs=) took {self._longest:.1f} s while "
            "rows were locked; let the scheduler only decide, and the job do the work."
        )
