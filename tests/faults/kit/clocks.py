"""
Clocks that are set while processes look at them.

Two of them: the database's, which decides, and that of one process, which must not matter. An
error is a number in a file, so that who runs the scenario may change it at any moment.
"""

from __future__ import annotations

import mmap
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from django.db import connection

from tasks_core import clock
from tasks_core.testing.clock import ScaledClock

SECONDS = struct.Struct("d")
OFTEN = 0.01  # seconds between two looks at the error
_CLOCK_NOW = clock.now


class Error:
    """By how many seconds a clock is wrong, shared between processes."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(SECONDS.pack(0.0))
        self.path = path
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), SECONDS.size)

    @property
    def seconds(self) -> float:
        (seconds,) = SECONDS.unpack(self._shared[:])
        return float(seconds)

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._shared[:] = SECONDS.pack(seconds)


class SteppedClock(ScaledClock):
    """The database's clock, ``factor`` times as fast since ``origin``, and wrong by ``error``."""

    def __init__(self, origin: datetime, factor: float, *, error: Error) -> None:
        super().__init__(origin, factor)
        self.error = error

    @classmethod
    def told(cls, words: str) -> SteppedClock:
        """Return the clock of such words: "2026-01-01T00:00:00Z 100 /path/of/its/error"."""
        origin, factor, path = words.split()
        return cls(datetime.fromisoformat(origin), float(factor), error=Error(Path(path)))

    def words(self) -> str:
        return f"{self.origin.isoformat()} {self.factor} {self.error.path}"

    def apply(self, moment: datetime) -> datetime:
        return super().apply(moment) + timedelta(seconds=self.error.seconds)

    def install(self) -> None:
        super().install()
        if self.factor == 1 and connection.vendor != "sqlite":
            clock.now = _own  # two machines: the other one's clock is not set

    def __exit__(self, *error_info: object) -> None:
        clock.now = _CLOCK_NOW
        super().__exit__(*error_info)

    def set(self, moment: datetime) -> None:
        """Let it be ``moment`` now."""
        self.error.seconds = 0
        self.error.seconds = (moment - self.apply(datetime.now(UTC))).total_seconds()


def _own() -> datetime:
    return datetime.now(UTC)


def mislead_this_process(words: str) -> None:
    """
    Let this process's clock go ``rate`` times as fast and follow an error: "/path/of/it 1.05".

    What Python calls the time is wrong then, in every library; monotonic time is not.
    """
    path, rate = words.split()
    error = Error(Path(path))
    follower = threading.Thread(target=_follow, args=(error, float(rate)), daemon=True)
    follower.start()


def _follow(error: Error, rate: float) -> None:
    misled = time_machine.travel(datetime.now(UTC), tick=True).start()
    applied, pause = 0.0, threading.Event()
    while True:
        drift = (rate - 1) * OFTEN
        misled.shift(error.seconds - applied + drift)
        applied = error.seconds
        pause.wait(OFTEN)
