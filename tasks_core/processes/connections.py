"""What becomes of the database connections of a thread between two of its jobs."""

from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter
from typing import Any

from django.db import connections

SERVER_STATUS_IN_TRANS = 1  # of MySQL's protocol


def tidy_connections() -> None:
    """
    Tidy up as Django does between two requests, but keep connections that work.

    CONN_MAX_AGE=0, Django's default, would have each job open its own, which costs more than
    most jobs. The next job that uses one asks first whether it still works: the thread may
    have been idle while the server was restarted. What a job began and left open is undone:
    the next one in this thread would be inside its transaction.
    """
    connection: Any  # its health checks have no types
    for connection in connections.all(initialized_only=True):
        # After an error SQLite's connection is always called usable, though it be closed.
        if connection.errors_occurred or _is_left_open(connection):
            with suppress(Exception):  # PyMySQL refuses to close what the job has closed
                connection.close()
            del connections[connection.alias]
            continue
        if not connection.settings_dict["CONN_MAX_AGE"]:
            connection.close_at = None
        connection.close_if_unusable_or_obsolete()
        connection.health_check_enabled = True
        connection.health_check_done = False


def _is_left_open(connection: Any) -> bool:
    """Say whether a job left a transaction open, by Django or behind its back, or a ruin."""
    if connection.connection is None:
        return False
    if (
        connection.in_atomic_block
        or connection.autocommit != connection.settings_dict["AUTOCOMMIT"]
    ):
        return True
    ask = _IN_TRANSACTION.get(connection.vendor)
    try:
        return ask is not None and bool(ask(connection.connection))
    except Exception:  # noqa: BLE001 - the job has closed it itself; no two drivers say so alike
        return True


def _of_mysql(connection: Any) -> bool:
    """Return what PyMySQL heard last; mysqlclient does not tell, so that nothing is left there."""
    if not connection.open:
        return True
    status = getattr(connection, "server_status", None)
    if status is None:
        connection.rollback()
        return False
    return bool(status & SERVER_STATUS_IN_TRANS)


_IN_TRANSACTION: dict[str, Callable[[Any], Any]] = {
    "sqlite": attrgetter("in_transaction"),
    "postgresql": attrgetter("info.transaction_status"),  # 0: idle
    "mysql": _of_mysql,
}
