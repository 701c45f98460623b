"""What becomes of the database connections of a thread between two of its jobs."""

from typing import Any

from django.db import connections


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
    try:
        if connection.vendor == "sqlite":
            return bool(connection.connection.in_transaction)
        if connection.vendor == "postgresql":
            return bool(connection.connection.info.transaction_status)  # 0: idle
    except Exception:  # noqa: BLE001 - the job has closed it itself; no two drivers say so alike
        return True
    return False
