"""TERM and INT ask a process to stop; the handler only says so, the loop does it."""

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from django.utils import autoreload

if TYPE_CHECKING:
    from tasks_core.processes.worker import Worker

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals(stop: Callable[..., Any]) -> None:
    """Call ``stop`` at each TERM and INT. Only the main thread may ask for this."""
    # Python interrupts the main thread between any two instructions, perhaps while it holds the
    # lock of the very Event that ``stop`` sets. Only a SimpleQueue may be touched there.
    asked: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_pass_on, args=(asked, stop), name="signals", daemon=True).start()
    for number in SIGNALS:
        signal.signal(number, lambda received, _frame: asked.put(received))


def leave_before_reload(worker: "Worker") -> None:
    """Let running jobs end before Django's reloader ends the process for changed code."""

    def leave(**kwargs: Any) -> None:
        worker.stop()
        worker.left.wait()

    autoreload.file_changed.connect(leave, weak=False)


def _pass_on(asked: "SimpleQueue[int]", stop: Callable[..., Any]) -> None:
    while True:
        stop(asked.get())
