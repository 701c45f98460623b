"""
The limit: our own table, asked by nothing but SQL.

enqueue is one INSERT of the very row that we store, enqueue_many is Django's bulk_create of
such rows, drain is one statement that claims a group and one that settles it.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any

from django.db import connection, models

from tests.benchmarks import stage
from tests.benchmarks.peers.tasks_core import Peer as TasksCore
from tests.benchmarks.sink import hit

CLAIM = """
UPDATE tasks_core_job SET state = 'running', claimed_by_id = {owner}, claimed_at = {now},
    started_at = {now}, attempts = attempts + 1, fence = fence + 1
WHERE id {among}SELECT id FROM tasks_core_job WHERE state = 'ready' AND NOT parked
    ORDER BY priority DESC, run_after, id LIMIT {group} {end}
RETURNING id, task, args, kwargs
"""
SETTLE = """
UPDATE tasks_core_job SET state = 'successful', finished_at = {now}, claimed_by_id = NULL,
    active_key = NULL, return_value = 'null'
WHERE {these} AND state = 'running' AND claimed_by_id = {owner}
"""


class Peer(TasksCore):
    @cached_property
    def row(self) -> list[tuple[models.Field[Any, Any], Any]]:
        """Store one call as we do, and return its columns."""
        from tasks_core.models import Job

        super().enqueue(0)
        job = Job.objects.get()
        fields = Job._meta.concrete_fields
        return [(field, getattr(job, field.attname)) for field in fields]

    def enqueue(self, number: int) -> None:
        self._bare.execute(self._statement, self._values)

    def enqueue_many(self, numbers: range) -> None:
        from tasks_core import ids
        from tasks_core.models import Job

        values = {field.attname: value for field, value in self.row}
        Job.rows.bulk_create(
            Job(**values | {"id": ids.job_id(), "args": [number]}) for number in numbers
        )

    def drain(self, *, jobs: int, group: int, seconds: float) -> None:
        """Claim and settle groups until nothing is left, or the time is over."""
        take, settle, execute = self._claiming(group)
        end = time.monotonic() + seconds
        while time.monotonic() < end and (found := execute(take).fetchall()):
            for _ in found:
                hit(0)
            keys = [row[0] for row in found]
            marks = ", ".join("?" * len(keys))
            execute(settle.replace("{these}", f"id IN ({marks})"), keys)

    def _claiming(self, group: int) -> tuple[str, str, Any]:
        """Return the two statements, and what executes them."""
        words = {"owner": "'00000000000000000000000000000001'", "group": group}
        if stage.STORE == "postgres":
            words |= {"now": "now()", "among": "= ANY (ARRAY(", "end": "FOR UPDATE SKIP LOCKED))"}
            settle = SETTLE.format(these="id = ANY (%s)", **words)
            execute = self._bare.execute
            take = CLAIM.format(**words)
            return take, settle, lambda sql, keys=None: execute(sql, [keys] if keys else None)
        words |= {"now": "datetime('now')", "among": "IN (", "end": ")"}
        settle = SETTLE.format(these="{these}", **words)
        return CLAIM.format(**words), settle, self._bare.execute

    @cached_property
    def _bare(self) -> Any:
        """Return a bare psycopg connection, or the SQLite connection with Django's pragmas."""
        if stage.STORE == "postgres":
            import psycopg

            return psycopg.connect(stage.dsn(), autocommit=True, prepare_threshold=0)
        connection.ensure_connection()
        return connection.connection

    @cached_property
    def _statement(self) -> str:
        columns = ", ".join(f'"{field.column}"' for field, _ in self.row)
        mark = "%s" if stage.STORE == "postgres" else "?"
        return (
            f"INSERT INTO tasks_core_job ({columns}) VALUES ({', '.join([mark] * len(self.row))})"
        )

    @property
    def _values(self) -> list[Any]:
        from tasks_core import ids

        key = ids.job_id()
        prepared = self._prepared
        prepared[0] = key if stage.STORE == "postgres" else key.hex
        return prepared

    @cached_property
    def _prepared(self) -> list[Any]:
        """Return the values as the database takes them; the id, which comes first, is replaced."""
        assert self.row[0][0].primary_key
        return [_as_stored(field, value) for field, value in self.row]


def _as_stored(field: models.Field[Any, Any], value: Any) -> Any:
    return field.get_db_prep_save(value, connection)
