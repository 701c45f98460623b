"""A management command in a process of its own, with its output at hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Child:
    """
    A running ``python -m django <command …>``, or another module's.

    Its output, both streams, is kept in ``log`` and in ``output`` as it comes.
    """

    def __init__(
        self,
        arguments: list[str],
        *,
        environment: dict[str, str],
        log: Path,
        module: str = "django",
    ) -> None:
        self.log = log
        self.output = ""
        self._changed = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that kill() and end() find its own children, too
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.poll()

    def wait_for(self, text: str, timeout: float = 90) -> str:
        """Return the output once ``text`` is in it; raise AssertionError if it does not come."""
        with self._changed:
            self._changed.wait_for(lambda: text in self.output or self._ended, timeout)
            assert text in self.output, f"no {text!r} in the output:\n{self.output}"
            return self.output

    def send_signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it has started."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it at once with all that it has started, without a chance to tidy up."""
        self.send_to_all(signal.SIGKILL)
        self.process.wait()

    def workers(self) -> list[int]:
        """Return the process ids of what it has started and not yet buried, oldest first."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def wait(self, timeout: float = 120) -> int:
        """Wait until it ends by itself and return its exit status."""
        status = self.process.wait(timeout)
        self._reader.join(30)
        return status

    def stop(self, timeout: float = 120) -> int:
        """Ask it to stop, as a supervisor does, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def end(self) -> None:
        """Make sure that nothing is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(5)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output, self.log.open("w") as log:
            for line in output:
                log.write(line)
                log.flush()
                with self._changed:
                    self.output += line
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
