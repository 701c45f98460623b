"""A connection that sees when another one has written to the file."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

from django.db import connections

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.wakeup.connecting import own_connection
from tasks_core.backends.database.wakeup.inotify import Written
from tasks_core.wakes import CannotListen, Wake

# To look costs 3 µs, but to wake the thread for it 40 µs on a busy and 130 on an idle machine.
EAGER = 0.005  # seconds between two looks while there is work now and then
CALM = 0.010  # and when there was none for a while
EAGER_FOR = 10.0
# Where Linux tells of writes: it does so a moment before what was written can be seen.
NEARLY = 0.001  # seconds between two looks
NEARLY_FOR = 0.050
SAFE = 0.050  # between looks that nobody has asked for: containers may share a file unheard


class SqliteListener:
    """
    Looks at PRAGMA data_version, which changes with every commit of other connections.

    It cannot say what was written, so everything must be looked for. Needs a file.
    """

    hands_out = False
    echo = 0.0  # every commit is seen

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._interrupted = threading.Event()
        self._eager_until = 0.0
        self._nearly_until = 0.0
        self._woken_at = 0.0
        self._written: Written | None = None
        self._connection: Any = None
        self._version: int | None = None

    def open(self) -> None:
        if connections[self.alias].is_in_memory_db():  # type: ignore[attr-defined]
            raise CannotListen("the database is in memory")
        self._connection = own_connection(self.alias)
        with self._connection.cursor() as cursor:
            # Who only looks waits for nobody.
            cursor.execute("PRAGMA busy_timeout = 0")
            cursor.execute("PRAGMA database_list")
            file: str = cursor.fetchone()[2]
        self._version = self._look()
        self._written = _watched(file)
        self.expect_more()

    def wait(self, seconds: float) -> Wake:
        ends_at = clock.monotonic() + seconds
        while clock.monotonic() < ends_at and not self._interrupted.is_set():
            self._pause()
            version = self._look()
            if version != self._version:
                self._version, self._woken_at = version, clock.monotonic()
                self._nearly_until = 0.0
                return Wake.EVERYTHING
        return Wake.NOTHING

    def taken(self) -> list[Attempt]:
        return []  # nobody claims for others

    def expect_more(self) -> None:
        self._eager_until = clock.monotonic() + EAGER_FOR

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        if self._written is not None:
            self._written.close()
            self._written = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _pause(self) -> None:
        """Wait until it is worth a look."""
        now = clock.monotonic()
        if self._written is None:
            self._interrupted.wait(EAGER if now < self._eager_until else CALM)
            return
        # A busy worker is not called for each commit, of which most are its own.
        if (rest := self._woken_at + EAGER - now) > 0:
            self._interrupted.wait(rest)
        if self._written.wait(NEARLY if now < self._nearly_until else SAFE):
            self._nearly_until = clock.monotonic() + NEARLY_FOR

    def _look(self) -> int | None:
        try:
            # Past Django's cursor, which would cost more than the look.
            row = self._connection.connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                return self._version  # somebody is writing: the next look will see it
            raise
        version: int = row[0]
        return version


def _watched(file: str) -> Written | None:
    """Return who tells of writes to the database, or to its log; None where nobody does."""
    try:
        return Written([path for path in (file, f"{file}-wal") if Path(path).exists()])
    except OSError:
        return None
