"""Insert on SQLite: one statement without the ORM, repeated for each job in one transaction."""

from django.db import connections

from tasks_core import clock
from tasks_core.backends.database.statements.columns import Columns, timed
from tasks_core.backends.database.statements.insert_rows import insert_rows, prepared, statement
from tasks_core.models import Job
from tasks_core.states import JobState

UNLESS_HELD = " ON CONFLICT (active_key) DO NOTHING"


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    complete = timed(columns, now=clock.db_now(alias))
    states: list[JobState | None] = complete["state"]
    if "active_key" not in columns:
        insert_rows(alias, Job, complete)
        return states
    sql = statement(Job, tuple(complete)) + UNLESS_HELD
    with connections[alias].cursor() as cursor:
        # Of each its own statement tells whether its key was held.
        for place, row in enumerate(prepared(alias, Job, complete)):
            cursor.execute(sql, row)
            if not cursor.rowcount:
                states[place] = None
    return states
