"""What ties a worker to the supervisor that started it: a beat, orders, and a limit of memory."""

import faulthandler
import json
import logging
import os
import signal
import threading
from contextlib import suppress
from io import UnsupportedOperation
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks_core import conf
from tasks_core.processes.interrupts import call_on_signals
from tasks_core.processes.supervisor.plan import VARIABLE
from tasks_core.processes.supervisor.records import LAYOUT
from tasks_core.processes.worker.inheritance import Inheritance
from tasks_core.processes.worker.notes import NoNotes, Notes
from tasks_core.signals import process_started

if TYPE_CHECKING:
    from tasks_core.processes.worker import Worker

logger = logging.getLogger("tasks_core")


class OtherRelease(Exception):
    """The supervisor is of a release of this package that keeps its notes in another way."""


class Tether:
    """
    A worker's end of it. Its supervisor reads the notes and writes the orders.

    The beat comes from a thread that does nothing else: no answer of a database can delay it,
    only a job that holds the interpreter's lock, which is what it is to find out.
    """

    def __init__(self, told: dict[str, Any], *, max_memory: int | None = None) -> None:
        if told.get("layout") != LAYOUT:
            raise OtherRelease(
                "The supervisor that started this process is of another release of "
                "django-tasks-core. Restart it; a reload is not enough after an upgrade."
            )
        self.place: int = told["place"]
        self.max_memory = max_memory
        self.notes: Notes | NoNotes = Notes(mmap(told["notes"], 0))
        os.close(told["notes"])
        self._orders: int = told["orders"]
        os.set_inheritable(self._orders, False)
        self._ended = threading.Event()
        lease: float = conf.get("LEASE").total_seconds()
        self._interval = min(1.0, lease / 10)
        self._given_up_after = 10 * lease

    def attach(self, worker: "Worker") -> None:
        """Begin to beat and to obey. Only the main thread may call this."""
        self.worker = worker
        self.inheritance = Inheritance(worker, self.notes)
        process_started.connect(self._own, weak=False)
        worker.slots.notes = self.notes
        worker.health_file = self
        self._obey_signals()
        self._beat()
        for work in (self._keep_beating, self._obey, self.inheritance.settle):
            name = f"supervised-{work.__name__.strip('_')}"
            threading.Thread(target=work, name=name, daemon=True).start()

    def touch(self) -> None:
        """Note that a turn of the worker went well, so that it serves; as a health file does."""
        if not self.worker.stopping.is_set():
            self.notes.serve()
        self.notes.touch()

    def leave(self) -> None:
        """Note, last of all, that this end is a planned one."""
        self.notes.leave()

    def _own(self, process: Any, **kwargs: Any) -> None:
        # Before the first claim under this id.
        self.notes.own(process.pk)

    def _obey_signals(self) -> None:
        # More than one is no hurry here: a whole group may be told to end, and then we are told
        # again by our supervisor. It alone knows what INT and HUP mean.
        call_on_signals(lambda _: self.worker.stop(), (signal.SIGTERM,))
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        with suppress(UnsupportedOperation, ValueError, AttributeError):  # no stderr
            faulthandler.enable()
            faulthandler.register(signal.SIGUSR1)

    # The threads.

    def _keep_beating(self) -> None:
        while not self._ended.wait(self._interval):
            self._beat()
            if self.worker.stopping.is_set():
                self.notes.leave()
            elif self.max_memory is not None and (used := memory()) > self.max_memory:
                logger.warning(
                    "this process uses %d MiB of memory and leaves: %d are allowed",
                    used >> 20,
                    self.max_memory >> 20,
                )
                self.worker.stop()
                self.notes.leave()

    def _beat(self) -> None:
        self.notes.beat()
        with suppress(UnsupportedOperation, ValueError, RuntimeError, AttributeError):
            # Needs no interpreter: ends us, should we hang when no supervisor is left.
            faulthandler.dump_traceback_later(self._given_up_after, exit=True)

    def _obey(self) -> None:
        with open(self._orders, "rb") as orders:  # noqa: PTH123 - a number, not a path
            for line in orders:
                words = json.loads(line)
                if words["order"] == "bury":
                    self.inheritance.inherit(words)
                else:
                    self.worker.stop(signal.SIGTERM)
                    self.worker.stop(signal.SIGTERM)
        if not self.worker.stopping.is_set():
            logger.warning("the supervisor of this worker is gone; leaving")
        self.worker.stop()


def taken(*, max_memory: int | None = None) -> Tether | None:
    """Return the tether of this process, if a supervisor has started it."""
    # Taken out, so that no command that a job starts believes to be tied as well.
    told = os.environ.pop(VARIABLE, None)
    return None if told is None else Tether(json.loads(told), max_memory=max_memory)


def memory() -> int:
    """Return how many bytes of memory this process keeps; 0 where there is no /proc."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
