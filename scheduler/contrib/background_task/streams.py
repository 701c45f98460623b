"""stdout and stderr as lines of the log, for ``process_tasks --log-std``."""

from __future__ import annotations

import io
import logging
import sys
import threading

NAME = "scheduler.contrib.background_task"


class Line(threading.local):
    """What a thread has begun to write: tasks that run at once do not write into each other's."""

    begun = ""
    is_logging = False


class LogLines(io.TextIOBase):
    """A stream that logs each line that is written to it."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level
        self._line = Line()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line.begun = (self._line.begun + text).split("\n")
        for line in lines:
            self._log(line)
        return len(text)

    def flush(self) -> None:
        line, self._line.begun = self._line.begun, ""
        self._log(line)

    def _log(self, line: str) -> None:
        if not line.strip() or self._line.is_logging:  # a log that is written here would never end
            return
        self._line.is_logging = True
        try:
            logging.getLogger(NAME).log(self.level, "%s", line)
        finally:
            self._line.is_logging = False


def log_std() -> None:
    """Let what this process prints become lines of the log from now on."""
    sys.stdout, sys.stderr = LogLines(logging.INFO), LogLines(logging.ERROR)
