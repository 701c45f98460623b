"""
The threads of a worker: they sleep until there is work, and are made when there are too few.

One may be borrowed beside the others, to listen. When it hears of a job it runs the job at once,
and a thread that slept is borrowed in its place: so the job begins without waiting until another
thread is awake, which takes tens of microseconds, and milliseconds at times.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue

from django.db import connections

Work = Callable[[], None]
Exchange = Callable[[Work], None]
"""Work for the borrowed thread; it gives what another one must go on with."""


class Threads:
    """Up to ``size`` of them, and the borrowed one. Callable from any thread."""

    def __init__(self, size: int) -> None:
        self._most = size
        self._number = 0
        self._wanted = 0  # calls that wait or are followed
        self._changing = threading.Lock()
        # Each is for one thread; None ends it.
        self._calls: SimpleQueue[Callable[[], bool | None] | None] = SimpleQueue()
        self._borrowed: int | None = None  # the identity of the thread
        self._left: deque[Work] = deque()  # by the borrowed one, for another: one piece at most

    def call(self, work: Callable[[], bool | None]) -> None:
        """Let a thread do ``work``, as soon as one has nothing to do."""
        with self._changing:
            self._wanted += 1
            if self._number < min(self._wanted, self._most):
                name = f"job-{self._number}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
                self._number += 1
        self._calls.put(work)

    def borrow(self, work: Work) -> None:
        """Let one thread more do ``work``, and what it is exchanged for, until that ends."""
        self._most += 1
        self.call(partial(self._lend, work))

    def exchange(self, work: Work, left: Work) -> None:
        """Do ``work`` in the borrowed thread, which calls this; ``replace`` borrows another."""
        self._left.append(left)
        try:
            work()
        finally:
            self.replace()

    def replace(self) -> None:
        """Borrow another thread, if the borrowed one has got work and was not replaced yet."""
        if self._left:
            with suppress(IndexError):  # somebody else was faster
                left = self._left.pop()
                self._borrowed = None
                self.call(partial(self._lend, left))

    def close(self) -> None:
        """Let the threads go; call it when nobody works."""
        for _ in range(self._number):
            self._calls.put(None)

    def _serve(self) -> None:
        while (work := self._calls.get()) is not None:
            is_spare = work()
            with self._changing:
                self._wanted -= 1
                if is_spare:
                    self._most -= 1
                    self._number -= 1
                    break
        connections.close_all()

    def _lend(self, work: Work) -> bool:
        """Say, when all is over, whether this thread is one too many."""
        self._borrowed = threading.get_ident()
        work()
        return self._borrowed == threading.get_ident()  # nobody was borrowed instead
