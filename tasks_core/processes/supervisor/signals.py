"""Signals end the supervisor's wait; what they ask for is done in its loop."""

import os
import select
import signal
from collections import Counter
from contextlib import suppress

ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD)


class Signals:
    """Counts the signals that came, and waits for more."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        # A byte in this pipe ends the wait even when the signal came just before it began.
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in ASKED:
            signal.signal(number, lambda received, _frame: self._came.append(received))

    def wait(self, seconds: float) -> None:
        """Wait, or less when a signal comes."""
        select.select([self._reader], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)

    def take(self) -> Counter[int]:
        """Return the signals that came since the last call."""
        found: Counter[int] = Counter()
        while self._came:
            found[self._came.pop(0)] += 1
        return found
