"""TERM and INT ask a process to stop; the handler only says so, the loop does it."""

import signal
from collections.abc import Callable
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals(stop: Callable[..., Any]) -> None:
    """Call ``stop`` at each TERM and INT. Only the main thread may ask for this."""
    for number in SIGNALS:
        signal.signal(number, stop)
