"""Insert on SQLite: one statement without the ORM, repeated for each job in one transaction."""

from django.db import connections, transaction

from tasks_core import clock
from tasks_core.backends.database.statements.columns import Columns, timed
from tasks_core.backends.database.statements.insert_rows import prepared, statement
from tasks_core.states import JobState

UNLESS_HELD = " ON CONFLICT (active_key) DO NOTHING"


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    complete = timed(columns, now=clock.db_now(alias))
    states: list[JobState | None] = complete["state"]
    sql, rows = statement(tuple(complete)), prepared(alias, complete)
    with connections[alias].cursor() as cursor:
        if "active_key" in columns:
            sql += UNLESS_HELD
        elif len(rows) > 1:
            with transaction.atomic(using=alias, savepoint=False):
                cursor.executemany(sql, rows)
            return states
        # Of each its own statement tells whether its key was held.
        for place, row in enumerate(rows):
            cursor.execute(sql, row)
            if not cursor.rowcount:
                states[place] = None
        return states
