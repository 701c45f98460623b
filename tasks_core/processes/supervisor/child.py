"""One worker process: how it is started, told and read."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from typing import Any

from . import clock, records
from .plan import VARIABLE, Plan

TO_WRITE = 0.1  # seconds for the stacks of all threads
PAGE = os.sysconf("SC_PAGE_SIZE")


class Child:
    """A process that runs jobs, in one of the ``places`` that the supervisor keeps filled."""

    def __init__(self, plan: Plan, *, place: int) -> None:
        self.place = place
        self.born = clock.monotonic()
        self.notes = records.Contents()
        self.silent = 0.0  # for how long, while we looked, it has noted no beat
        self.leaving_since: float | None = None
        self.killed: str | None = None  # why
        self.heirs: dict[int, dict[str, Any]] = {}  # hand-overs that it has been given
        self._unsent = b""
        shared = shared_memory(records.SIZE)
        orders, self._orders = os.pipe()
        told = {"layout": records.LAYOUT, "notes": shared, "orders": orders, "place": place}
        try:
            self.process = subprocess.Popen(  # noqa: S603 - the command that started us
                plan.command,
                env=os.environ | {VARIABLE: json.dumps(told)},
                stdin=subprocess.DEVNULL,
                pass_fds=(shared, orders),
            )
            self._memory = mmap(shared, 0)
        except BaseException:
            os.close(self._orders)
            raise
        finally:
            os.close(shared)
            os.close(orders)
        os.set_blocking(self._orders, False)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_serving(self) -> bool:
        return self.notes.state == records.SERVING and self.leaving_since is None

    @property
    def is_deaf(self) -> bool:
        """Say whether signals would still have their default meaning: it has not begun."""
        return self.notes.beat == 0

    def read(self, *, passed: float) -> records.Contents:
        """Read its notes; ``passed`` is for how long we can have noticed its silence."""
        before, self.notes = self.notes, records.read(self._memory)
        self.silent = self.silent + passed if self.notes.beat == before.beat else 0.0
        for number in [number for number in self.heirs if number <= self.notes.buried]:
            del self.heirs[number]
        if self.notes.state == records.LEAVING:
            self.note_leaving()
        return self.notes

    def memory(self) -> int:
        """Return the bytes that it keeps in memory, 0 where that cannot be read."""
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE
        return 0

    # What it is told.

    def order(self, **words: Any) -> None:
        """Send it a line; what the pipe cannot take now follows with ``flush``."""
        self._unsent += json.dumps(words).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._orders, self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:  # it is gone; what it was given is given to another
            self._unsent = b""

    def leave(self) -> None:
        """Ask it to end gracefully."""
        if self.leaving_since is None:
            self.note_leaving()
            self.send(signal.SIGTERM)

    def note_leaving(self) -> None:
        if self.leaving_since is None:
            self.leaving_since = clock.monotonic()

    def kill(self, why: str) -> None:
        self.killed = self.killed or why
        self.show_stacks()
        self.send(signal.SIGKILL)

    def show_stacks(self) -> None:
        """Let it write what its threads do, which it can though it can do nothing else."""
        if not self.is_deaf:
            self.send(signal.SIGUSR1)
            clock.sleep(TO_WRITE)  # so that no two write at the same time

    def send(self, number: int) -> None:
        # Never after it was reaped: the number may be another process's by then.
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    # Its end.

    def bury(self, status: int) -> None:
        """Note how it ended, once it was reaped, and read its last notes."""
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.read(passed=0.0)
        self._memory.close()
        os.close(self._orders)

    @property
    def fate(self) -> str:
        """Return how it ended, in words."""
        code = self.process.returncode
        if self.killed:
            return f"was killed: {self.killed}"
        if code is not None and code < 0:
            return f"was ended by {_name(-code)}"
        return f"ended with status {code}"


def shared_memory(size: int) -> int:
    """Return a file that has no name, so that nothing is left behind whatever happens."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("notes", os.MFD_CLOEXEC)
    else:  # not Linux
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    return number


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
