"""
Commands to one server, over a connection for each thread.

A client of redis-py spends as long on a command as the network and the server together: half of
it is choosing a connection, and asking what may be repeated. Our scripts may all be repeated.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff

from tasks_core import clock
from tasks_core.exceptions import InvalidJobBackend

CONNECT, ANSWER = 2.0, 5.0  # seconds to wait for a connection, and for an answer
PATIENCE = 8.0  # seconds after which nothing is tried again
TRIES = 6  # with five pauses: about two seconds in all
PAUSES = ExponentialWithJitterBackoff(base=0.05, cap=1.0)  # seconds

NoScriptError = redis.exceptions.NoScriptError
Refused = redis.exceptions.ResponseError  # it is there, and does not do what it was told

# The server is away, or starting, or another one is the master now.
BROKEN = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError)
ELSEWHERE = (
    redis.exceptions.ReadOnlyError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.MovedError,
    redis.exceptions.MasterDownError,
)


class Wire:
    """Asks the server that has ``key``. A broken connection is made anew, and asked again."""

    def __init__(self, client: Callable[[], Any], *, key: str) -> None:
        self._client = client
        self._key = key
        self._mine = threading.local()

    def ask(self, command: bytes) -> Any:
        """Return the answer to a packed command. Raises what redis-py raises."""
        ends_at = clock.monotonic() + PATIENCE
        for failures in range(1, TRIES + 1):
            try:
                connection = self._connection()
                connection.send_packed_command([command], check_health=False)
                return connection.read_response(disable_decoding=True)
            except (*BROKEN, *ELSEWHERE) as error:
                self._forget(error)
                if failures == TRIES or clock.monotonic() > ends_at:
                    raise
            except redis.exceptions.ResponseError:
                raise  # it is the answer
            except BaseException as error:
                self._forget(error)  # the answer would be taken for that of the next command
                raise
            clock.sleep(PAUSES.compute(failures))
        raise AssertionError("unreachable")

    def connect(self) -> Any:
        """Return a new connection to the node that has the key."""
        client = self._client()
        if hasattr(client, "get_node_from_key"):  # of a cluster
            client = client.get_redis_connection(client.get_node_from_key(self._key))
        pool = client.connection_pool  # not one of its own: it would keep those of ended threads
        connection = pool.connection_class(**pool.connection_kwargs)
        connection.connect()  # and not with the first command, which would ask no sentinel
        return connection

    def _connection(self) -> Any:
        mine = self._mine
        if getattr(mine, "pid", None) != os.getpid():
            mine.pid, mine.connection = os.getpid(), self.connect()
        return mine.connection

    def _forget(self, error: BaseException) -> None:
        mine = self._mine
        if getattr(mine, "pid", None) == os.getpid():
            mine.connection.disconnect()
        mine.pid = None
        if isinstance(error, (*BROKEN, *ELSEWHERE)) and hasattr(self._client(), "nodes_manager"):
            with suppress(redis.exceptions.RedisError, OSError):  # asked again with the next try
                self._client().nodes_manager.initialize()


def client_of(url: str) -> Any:
    """Return a client of redis-py for one server. Raises InvalidJobBackend for no such URL."""
    try:
        return redis.Redis.from_url(url, socket_connect_timeout=CONNECT, socket_timeout=ANSWER)
    except ValueError as error:  # without the URL itself, which may have a password in it
        raise InvalidJobBackend(
            "OPTIONS['url'] in JOBS is no URL that redis-py reads: redis://host:6379/0, "
            "rediss://… with TLS, or unix:///path/of/socket."
        ) from error


def is_url(text: str) -> bool:
    """Say whether a client could be made of this URL; nobody is asked."""
    try:
        redis.connection.parse_url(text)  # type: ignore[no-untyped-call]
    except ValueError:
        return False
    return True


def packed(*words: str | bytes | int) -> bytes:
    """Return a command as the server reads it (RESP)."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        text = word.encode() if type(word) is str else word
        if type(text) is not bytes:
            text = str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return b"".join(parts)
