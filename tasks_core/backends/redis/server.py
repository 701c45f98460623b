"""The server that keeps the jobs: its keys, its clock, and how its scripts are called."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tasks_core import clock
from tasks_core.backends.redis.scripts import script
from tasks_core.backends.redis.wire import NoScriptError, Wire, client_of, packed

if TYPE_CHECKING:
    from tasks_core.backends.redis.inbox import Handed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Argument = str | bytes | int


class Server:
    """
    Where the jobs are kept. Safe to use from any thread, and after a fork.

    ``name`` begins all keys; its braces keep them together in a cluster.
    """

    def __init__(self, *, url: str, prefix: str, client: Callable[[], Any] | None = None) -> None:
        self.url = url
        self.name = f"{{{prefix}}}"
        self.handed: dict[UUID, Handed] = {}  # by the process that has them
        self._make_client = client
        self._wire = Wire(lambda: self.client, key=self.name)

    @cached_property
    def client(self) -> Any:
        """The client of redis-py; connections are made when they are needed."""
        if self._make_client is not None:
            return self._make_client()
        return client_of(self.url)

    def key(self, *words: object) -> str:
        return ":".join((self.name, *map(str, words)))

    def run(self, name: str, *arguments: Argument) -> Any:
        """
        Run a script by the server's own clock, or by that of a test; return its answer.

        A server that lost its scripts is sent this one again. Raises what redis-py raises, after
        some tries: the scripts may be repeated.
        """
        found = script(name)
        told = (b"1", self.name, self.pretended(), *arguments)
        try:
            return self._wire.ask(packed(b"EVALSHA", found.sha, *told))
        except NoScriptError:
            return self._wire.ask(packed(b"EVAL", found.text, *told))

    def once(self, name: str, *arguments: Argument) -> Any:
        """Do as ``run`` for a script that would do more when it is repeated; it gets a token."""
        return self.run(name, os.urandom(8).hex(), *arguments)

    def pretended(self) -> str:
        """Return the microseconds that a test pretends, or nothing: the script reads the clock."""
        if type(clock.transform) is clock.RealTime:
            return ""
        return str(microseconds(self.now()))

    def ask(self, *words: Argument) -> Any:
        """Return the answer to one command, undecoded; it must be one that may be repeated."""
        return self._wire.ask(packed(*words))

    def now(self) -> datetime:
        """Return the server's time."""
        seconds, rest = self.ask(b"TIME")
        return clock.transform.apply(
            EPOCH + timedelta(seconds=int(seconds), microseconds=int(rest))
        )

    def inbox(self) -> Any:
        """
        Return a connection of its own, for blocking commands.

        It never repeats a command: what a lost answer held would be forgotten.
        """
        return self._wire.connect()


def microseconds(moment: datetime) -> int:
    """Return them since the epoch; nothing is earlier, since jobs are ordered by their digits."""
    return max(0, (moment - EPOCH) // MICROSECOND)


def instant(text: Any) -> datetime:
    """Return the instant that is so many microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=int(text))


def moment(text: Any) -> datetime | None:
    """Do as ``instant``, but return None for an empty text."""
    return instant(text) if text else None
