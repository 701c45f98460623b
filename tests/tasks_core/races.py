"""Many at once, and waiting for what they do."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections


def together(count: int, work: Callable[[int], object]) -> list:
    """Call ``work(number)`` in ``count`` threads that start at one moment; return the answers."""
    start = threading.Barrier(count)

    def run(number):
        start.wait(60)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def eventually(condition: Callable[[], object], *, seconds: float = 60) -> object:
    """Return what ``condition`` says once that is true; fail if it never is."""
    pause, found = threading.Event(), condition()
    for _ in range(int(seconds / 0.05)):
        if found:
            return found
        pause.wait(0.05)
        found = condition()
    assert found, f"still {found!r} after {seconds} s"
    return found
