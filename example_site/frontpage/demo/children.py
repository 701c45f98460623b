"""The processes of the demo: started, listened to, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TextIO

from django.conf import settings

COLOURS = {"web": "36", "worker": "32", "scheduler": "35", "demo": "33"}
WIDTH = max(map(len, COLOURS))
PATIENCE = 12  # seconds that a process has to stop by itself


class Printer:
    """Writes lines of several processes, each with the name of its process in front."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lock = threading.Lock()
        self.is_coloured = stream.isatty() and not os.environ.get("NO_COLOR")

    def line(self, name: str, text: str) -> None:
        label = f"{name:>{WIDTH}} │"
        if self.is_coloured:
            label = f"\x1b[{COLOURS[name]}m{label}\x1b[0m"
        with self.lock:
            self.stream.write(f"{label} {text}\n")
            self.stream.flush()


class Children:
    """Management commands in processes of their own."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.readers: list[threading.Thread] = []

    def start(self, name: str, *arguments: str) -> None:
        self.processes[name] = process = subprocess.Popen(  # noqa: S603 - our own manage.py
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ | {"PYTHONUNBUFFERED": "1", "DJANGO_RUNSERVER_HIDE_WARNING": "true"},
            # Ctrl-C in a terminal reaches a whole process group. Children get a group of their
            # own, so that only the parent sees it, and stops them in good order.
            start_new_session=True,
        )
        reader = threading.Thread(target=self._repeat, args=(name, process), daemon=True)
        reader.start()
        self.readers.append(reader)

    def ended(self) -> str | None:
        """Return the name of a process that ended although nobody stopped it."""
        return next(
            (name for name, each in self.processes.items() if each.poll() is not None), None
        )

    def stop(self, *names: str) -> None:
        """Ask processes to stop, all of them if none is named, and wait until they did."""
        chosen = [self.processes.pop(name) for name in names or tuple(self.processes)]
        for process in chosen:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in chosen:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if not self.processes:
            for reader in self.readers:
                reader.join(2)

    def _repeat(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        for line in process.stdout:
            if line.strip():
                self.printer.line(name, line.rstrip())
