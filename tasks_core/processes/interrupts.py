"""TERM and INT ask a process to stop; the handler only says so, the loop does it."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from django.utils import autoreload

if TYPE_CHECKING:
    from tasks_core.processes.worker import Worker

logger = logging.getLogger("tasks_core")

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals(stop: Callable[..., Any]) -> None:
    """Call ``stop`` at each TERM and INT. Only the main thread may ask for this."""
    call_on_signals(stop, SIGNALS)


def show_on_signals(show: Callable[[], Any]) -> None:
    """Call ``show`` at each USR1, where there is such a signal, as above."""
    if hasattr(signal, "SIGUSR1"):
        call_on_signals(lambda _: show(), [signal.SIGUSR1])


def call_on_signals(call: Callable[[int], Any], numbers: Iterable[signal.Signals]) -> None:
    """Call ``call`` with the number of each of these signals, in a thread."""
    # Python interrupts the main thread between any two instructions, perhaps while it holds the
    # lock of the very Event that ``stop`` sets. Only a SimpleQueue may be touched there.
    asked: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_pass_on, args=(asked, call), name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, lambda received, _frame: asked.put(received))


def leave_before_reload(worker: "Worker") -> None:
    """Let running jobs end before Django's reloader ends the process for changed code."""

    def leave(**kwargs: Any) -> None:
        worker.stop()
        worker.left.wait()

    autoreload.file_changed.connect(leave, weak=False)


def end_soon(status: int, *, seconds: float = 5.0) -> None:
    """End this process with ``status``, though jobs have left threads that never end."""
    timer = threading.Timer(seconds, _end, [status])
    timer.daemon = True
    timer.start()


def _end(status: int) -> None:
    logger.warning("threads that jobs have started still run; this process ends without them")
    os._exit(status)


def _pass_on(asked: "SimpleQueue[int]", call: Callable[[int], Any]) -> None:
    while True:
        call(asked.get())
