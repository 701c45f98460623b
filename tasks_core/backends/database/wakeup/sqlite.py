"""A connection that sees when another one has written to the file."""

import sqlite3
import threading
from typing import Any

from django.db import connections

from tasks_core import clock
from tasks_core.backends.database.wakeup.connecting import own_connection
from tasks_core.wakes import CannotListen, Wake

# A look takes some 45 µs of processor time, of which 3 are SQLite's: the rest wakes the thread.
EAGER = 0.005  # seconds between two looks while there is work now and then
CALM = 0.010  # and when there was none for a while
EAGER_FOR = 10.0


class SqliteListener:
    """
    Looks at PRAGMA data_version, which changes with every commit of other connections.

    It cannot say what was written, so everything must be looked for. Needs a file.
    """

    echo = 0.0  # every commit is seen

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._interrupted = threading.Event()
        self._eager_until = 0.0
        self._connection: Any = None
        self._version: int | None = None

    def open(self) -> None:
        if connections[self.alias].is_in_memory_db():  # type: ignore[attr-defined]
            raise CannotListen("the database is in memory")
        self._connection = own_connection(self.alias)
        with self._connection.cursor() as cursor:
            # Who only looks waits for nobody.
            cursor.execute("PRAGMA busy_timeout = 0")
        self._version = self._look()
        self.expect_more()

    def wait(self, seconds: float) -> Wake:
        ends_at = clock.monotonic() + seconds
        while True:
            now = clock.monotonic()
            if now >= ends_at or self._interrupted.wait(EAGER if now < self._eager_until else CALM):
                return Wake.NOTHING
            version = self._look()
            if version != self._version:
                self._version = version
                return Wake.EVERYTHING

    def expect_more(self) -> None:
        self._eager_until = clock.monotonic() + EAGER_FOR

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

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
