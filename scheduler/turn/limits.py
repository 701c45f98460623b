"""How long a scheduler's transaction may take: a frozen process must not keep its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

POSTGRESQL = """
    SELECT set_config('lock_timeout', '2s', true),
           set_config('statement_timeout', '10s', true),
           set_config('idle_in_transaction_session_timeout', '10s', true)
"""
# MySQL has no limit on an idle transaction. MariaDB has three; this one counts for a tick that
# has locked its rows and not yet written, too.
MYSQL = {"innodb_lock_wait_timeout": 5}
MARIADB = MYSQL | {"idle_transaction_timeout": 10}


def limit_transaction(alias: str) -> None:
    """Limit the open transaction, on PostgreSQL: rows skipped by all are nobody's for ever."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL)


@contextmanager
def limited(alias: str) -> Iterator[None]:
    """Limit the transactions inside, on MySQL and MariaDB, where only a session can be limited."""
    connection = connections[alias]
    if connection.vendor != "mysql":
        yield
        return
    limits = MARIADB if connection.mysql_is_mariadb else MYSQL  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SET " + ", ".join(f"SESSION {name} = {limits[name]}" for name in limits))
    try:
        yield
    finally:
        if connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SET " + ", ".join(f"SESSION {name} = DEFAULT" for name in limits))
