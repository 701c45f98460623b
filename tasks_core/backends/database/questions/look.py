"""What there may be to do for a worker: all of it asked in one query."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import DateTimeField, Value

from tasks_core import clock
from tasks_core.backends.served.told import Look
from tasks_core.models import Process

# As an ORM query it took 2 ms of Python to write, and a burst of deferred jobs asks 200 times a
# second. Each line is the first entry of an index; the two states that may expire are asked
# apart, because the index is in the order of time for one state only. Of the jobs of processes
# that have stopped MariaDB would collect all owners first, if it were asked with EXISTS.
LOOK = """
SELECT {now},
    (SELECT run_after FROM tasks_core_job
     WHERE state = 'scheduled' ORDER BY run_after LIMIT 1),
    (SELECT expires_at FROM tasks_core_job
     WHERE state = 'scheduled' AND expires_at IS NOT NULL ORDER BY expires_at LIMIT 1),
    (SELECT expires_at FROM tasks_core_job
     WHERE state = 'ready' AND expires_at IS NOT NULL ORDER BY expires_at LIMIT 1),
    EXISTS (
        SELECT 1 FROM tasks_core_process AS other
        WHERE id <> %s AND lease_expires_at < {now} AND (
            stopped_at IS NULL
            OR (SELECT id FROM tasks_core_job WHERE claimed_by_id = other.id LIMIT 1) IS NOT NULL
        )
    ),
    EXISTS (
        SELECT 1 FROM tasks_core_job
        WHERE claimed_by_id = %s AND cancel_requested_at IS NOT NULL
    ),
    EXISTS (
        SELECT 1 FROM tasks_core_job
        WHERE {suspect} AND state = 'ready' AND parked = FALSE {served} AND queue NOT IN (
            SELECT name FROM tasks_core_queue WHERE paused_at IS NOT NULL
        )
    ),
    EXISTS (SELECT 1 FROM tasks_core_limit),
    (SELECT id FROM tasks_core_job WHERE state = 'ready' AND {unparked} LIMIT 1) IS NOT NULL
"""
NOW = {
    "postgresql": "statement_timestamp()",
    "mysql": "UTC_TIMESTAMP(6)",
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
}
# As the condition of its index says it, or as an index without conditions needs it. PostgreSQL
# would rather read the table, if it were not for the order. SQLite compares words: which of two
# forms the index has depends on the release of Django that made it.
UNPARKED = {
    "postgresql": "NOT parked ORDER BY priority DESC, run_after, id",
    "mysql": "parked = FALSE",
    "sqlite": "NOT parked AND parked = 0",
}
SUSPECT = {"sqlite": "suspect AND suspect = 1"}
TIMES = 4  # of the columns


def look(alias: str, owner: UUID, *, queues: Sequence[str] | None = None) -> Look:
    """Look on behalf of the process ``owner``, which serves these queues; None means all."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        pk = Process._meta.pk.get_db_prep_value(owner, connection)
        served = f"AND queue IN ({', '.join(['%s'] * len(queues))})" if queues else ""
        vendor = connection.vendor
        sql = LOOK.format(
            now=NOW[vendor],
            unparked=UNPARKED[vendor],
            suspect=SUSPECT.get(vendor, "suspect"),
            served=served,
        )
        cursor.execute(sql, [pk, pk, *(queues or ())])
        row = cursor.fetchone()
    now, next_run_after, *expiries = (_moment(value, connection) for value in row[:TIMES])
    next_expiry = min(filter(None, expiries), default=None)
    # SQLite tells milliseconds, and its clock is ours.
    now = clock.now() if vendor == "sqlite" else clock.transform.apply(now)
    return Look(now, next_run_after, next_expiry, *map(bool, row[TIMES:]))


def _moment(value: Any, connection: Any) -> Any:
    """Return a time as a model's field would have it, whatever this database calls a time."""
    kind = Value(None, output_field=DateTimeField())
    for convert in connection.ops.get_db_converters(kind):
        value = convert(value, kind, connection)
    return value
