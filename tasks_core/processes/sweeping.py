"""The outbox beside a worker. It has models, and is imported when somebody sweeps."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sweeping() -> Iterator[None]:
    """Let a thread hand over what others left in the outbox, as long as this lasts."""
    from tasks_core.outbox import Sweeper

    sweeper = Sweeper()
    sweeper.start()
    try:
        yield
    finally:
        sweeper.stop()


def sweep_once() -> None:
    """Hand over what waits now."""
    from tasks_core.outbox import callers, sweep_all

    sweep_all(callers())
