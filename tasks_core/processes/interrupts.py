"""TERM and INT ask a process to stop; the handler only says so, the loop does it."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from functools import cache
from socket import socket, socketpair
from typing import TYPE_CHECKING, Any

from django.utils import autoreload

from tasks_core.processes.output import log_failure

if TYPE_CHECKING:
    from tasks_core.processes.worker import Worker

logger = logging.getLogger("tasks_core")

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_calls: dict[int, Callable[[int], Any]] = {}  # by the number of a signal


def stop_on_signals(stop: Callable[..., Any]) -> None:
    """Call ``stop`` at each TERM and INT. Only the main thread may ask for this."""
    call_on_signals(stop, SIGNALS)


def show_on_signals(show: Callable[[], Any]) -> None:
    """Call ``show`` at each USR1, where there is such a signal, as above."""
    if hasattr(signal, "SIGUSR1"):
        call_on_signals(lambda _: show(), [signal.SIGUSR1])


def call_on_signals(call: Callable[[int], Any], numbers: Iterable[signal.Signals]) -> None:
    """Call ``call`` with the number of each of these signals, in a thread."""
    _listen()
    for number in numbers:
        _calls[number] = call
        # Python would call it in the main thread, which nothing may wake: of two signals at once
        # the system gives the second to any thread. It only has to be there, so that the signal
        # loses its default meaning.
        signal.signal(number, lambda *_: None)


@cache
def _listen() -> None:
    """Let signals write to a socket, whatever thread gets them, and a thread read from it."""
    hears, told = socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_pass_on, args=(hears,), name="signals", daemon=True).start()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_stop_listening)


def _stop_listening() -> None:
    # What is sent to a process that a job has forked is not for us.
    signal.set_wakeup_fd(-1)
    _listen.cache_clear()


def _pass_on(hears: socket) -> None:
    while numbers := hears.recv(4096):
        for number in filter(_calls.__contains__, numbers):
            try:
                _calls[number](number)
            except Exception:  # noqa: BLE001 - as in Loop: the next signal must be heard, too
                log_failure("signal %d was not obeyed", number)


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
