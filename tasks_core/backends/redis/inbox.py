"""How a worker that waits is handed what comes: a list of its own, from which it pops."""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.redis.calls import attempts
from tasks_core.backends.redis.server import Server
from tasks_core.wakes import Wake

TURN = 2.0  # seconds of one pop: after a presumed death the worker has another inbox
SPARE = 5.0  # seconds more that its answer may take
JOBS = b"j"
WORDS = {b"d": Wake.DEFERRED, b"c": Wake.CANCEL}

Key = tuple[UUID, int]  # a job and its fence


class Handed:
    """Claimed jobs that have arrived, until the worker takes them."""

    def __init__(self) -> None:
        self._waiting: deque[Attempt] = deque()
        self._dropped: set[Key] = set()

    def put(self, found: Collection[Attempt]) -> None:
        self._waiting.extend(found)

    def keys(self) -> set[Key]:
        return {attempt.key for attempt in tuple(self._waiting)}

    def drop(self, keys: Collection[Key]) -> None:
        """Forget these when they arrive: they were given back meanwhile."""
        self._dropped.update(keys)

    def take(self) -> list[Attempt]:
        found = [self._waiting.popleft() for _ in range(len(self._waiting))]
        return [attempt for attempt in found if attempt.key not in self._dropped]


class Inbox:
    """Listens for one worker. All but ``interrupt`` and ``taken`` is for one thread."""

    echo = 0.0
    hands_out = True

    def __init__(
        self, server: Server, *, owner: Callable[[], UUID], queues: Sequence[str] | None
    ) -> None:
        self.server = server
        self.owner = owner
        self.queues = queues
        self.handed = Handed()
        self._connection: Any = None
        self._was_open = False
        self._is_interrupted = False

    def open(self) -> None:
        """Connect. Raises what redis-py raises while the server is away."""
        self._connection = self.server.inbox()
        self._begin()

    def wait(self, seconds: float) -> Wake:
        if self._is_interrupted:
            return Wake.NOTHING
        if self._was_open:
            # The connection broke: perhaps with what was handed to us on its way.
            self._was_open = False
            return Wake.STRAYS
        owner = self.owner()
        if owner not in self.server.handed:
            # We were taken for dead, and are another process now, of whom nobody has told.
            self._begin()
            return Wake.EVERYTHING
        turn = min(seconds, TURN)
        try:
            self._connection.send_command("BLPOP", self.server.key("inbox", owner.hex), turn)
            reply = self._connection.read_response(disable_decoding=True, timeout=turn + SPARE)
        except Exception:
            if self._is_interrupted:
                return Wake.NOTHING
            self._was_open = True
            raise
        return Wake.NOTHING if reply is None else self._read(reply[1], owner)

    def expect_more(self) -> None:
        """Nothing: who waits here is told at once."""

    def taken(self) -> list[Attempt]:
        return self.handed.take()

    def interrupt(self) -> None:
        self._is_interrupted = True
        if (connection := self._connection) is not None:
            connection.disconnect()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None
        if self._is_interrupted:
            with suppress(Exception):  # away: then nothing is claimed for us either, until we end
                self.server.once("rest", self.owner().hex)

    def _begin(self) -> None:
        served = "" if self.queues is None else f",{','.join(self.queues)},"
        owner = self.owner()
        self.server.run("listen", owner.hex, served)
        self.server.handed[owner] = self.handed

    def _read(self, message: bytes, owner: UUID) -> Wake:
        word = message[:1]
        if word == JOBS:
            self.handed.put(attempts(message[1:], owner))
            return Wake.JOBS
        return WORDS.get(word, Wake.EVERYTHING)


def listener(server: Server, *, queues: Sequence[str] | None, owner: Callable[[], UUID]) -> Inbox:
    """Return what hears of jobs, and of all else, for the process ``owner``."""
    return Inbox(server, owner=owner, queues=queues)
