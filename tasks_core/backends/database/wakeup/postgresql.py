"""A connection that hears what other processes tell with NOTIFY."""

import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any
from uuid import UUID, uuid4

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.wakeup.connecting import own_connection
from tasks_core.backends.database.wakeup.telling import (
    CANCEL,
    CHANNEL,
    DEFERRED,
    EVERYTHING,
    INTERVAL,
)
from tasks_core.wakes import CannotListen, Wake

# A connection that a firewall has forgotten is noticed within a minute, without a query. What
# a project's OPTIONS say goes first.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
TRIAL_SECONDS = 1.0
FIRST_PSYCOPG = (3, 2)  # whose notifies() takes a timeout


class PostgresListener:
    """Needs psycopg 3.2, and a server's session for itself."""

    hands_out = False
    echo = INTERVAL + 0.001

    def __init__(
        self, alias: str, *, queues: Sequence[str] | None, owner: Callable[[], UUID]
    ) -> None:
        self.alias = alias
        self.queues = None if queues is None else frozenset(queues)
        self.owner = owner
        self._bell: socket.socket | None = None  # rung by interrupt(), heard behind the door
        self._open = ExitStack()
        self._selector: Any = None
        self._raw: Any = None

    def open(self) -> None:
        connection: Any = own_connection(self.alias)
        _demand_psycopg(connection.Database.__version__)
        connection.settings_dict["OPTIONS"] = KEEPALIVE | connection.settings_dict["OPTIONS"]
        self._open.callback(connection.close)
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        self._raw = connection.connection
        self._prepare_select()
        # A pooler tells a pid of its own invention; then only a trial says what it passes on.
        if pid != self._raw.info.backend_pid and not self._hears_a_trial():
            with connection.cursor() as cursor:
                cursor.execute(f"UNLISTEN {CHANNEL}")
            raise CannotListen("the connection pooler does not pass notifications on")

    def wait(self, seconds: float) -> Wake:
        heard = Wake.NOTHING
        for payload in self._payloads(seconds):
            heard |= self._meaning(payload)
        return heard

    def taken(self) -> list[Attempt]:
        return []  # nobody claims for others

    def expect_more(self) -> None:
        """Do nothing: waiting costs nothing, whatever is expected."""

    def interrupt(self) -> None:
        if self._bell is not None:
            with suppress(OSError):  # closed a moment ago
                self._bell.send(b".")

    def close(self) -> None:
        self._bell = None
        self._open.close()

    def _prepare_select(self) -> None:
        door, bell = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(door, selectors.EVENT_READ, data=False)
        self._selector.register(self._raw.fileno(), selectors.EVENT_READ, data=True)
        for each in (door, bell, self._selector):
            self._open.callback(each.close)
        self._bell = bell

    def _payloads(self, seconds: float) -> list[str]:
        # A select of ours, because psycopg's looks up ten times a second and hears no bell.
        if any(key.data for key, _ in self._selector.select(seconds)):
            return [each.payload for each in self._raw.notifies(timeout=0)]
        return []

    def _meaning(self, payload: str) -> Wake:
        if payload == EVERYTHING:
            return Wake.EVERYTHING
        if payload == DEFERRED:
            return Wake.DEFERRED
        if payload.startswith(CANCEL):
            return Wake.CANCEL if payload == f"{CANCEL}{self.owner()}" else Wake.NOTHING
        return Wake.JOBS if self.queues is None or payload in self.queues else Wake.NOTHING

    def _hears_a_trial(self) -> bool:
        trial = f"?{uuid4()}"
        other = own_connection(self.alias)
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, trial])
        finally:
            other.close()
        ends_at = clock.monotonic() + TRIAL_SECONDS
        while (left := ends_at - clock.monotonic()) > 0:
            if trial in self._payloads(left):
                return True
        return False


def _demand_psycopg(version: str) -> None:
    if tuple(map(int, version.split(".")[:2])) < FIRST_PSYCOPG:
        raise CannotListen(f"psycopg {version} is in use; 3.2 or newer can listen")
