"""Insert on SQLite: one statement without the ORM, repeated for each job in one transaction."""

from functools import cache
from typing import Any

from django.db import connections, transaction

from tasks_core import clock
from tasks_core.backends.database.statements.columns import Columns, timed
from tasks_core.backends.database.statements.defaults import NULL, literals
from tasks_core.models import Job
from tasks_core.states import JobState

INSERT = "INSERT INTO tasks_core_job ({columns}) VALUES ({values})"
UNLESS_HELD = " ON CONFLICT (active_key) DO NOTHING"


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    complete = timed(columns, now=clock.db_now(alias))
    states: list[JobState | None] = complete["state"]
    sql, rows = _sql(tuple(complete)), _prepared(alias, complete)
    with connections[alias].cursor() as cursor:
        if len(rows) > 1 and "active_key" not in columns:
            with transaction.atomic(using=alias, savepoint=False):
                cursor.executemany(sql, rows)
            return states
        # Of each its own statement tells whether its key was held.
        for place, row in enumerate(rows):
            cursor.execute(sql, row)
            if not cursor.rowcount:
                states[place] = None
        return states


@cache
def _sql(said: tuple[str, ...]) -> str:
    values = {name: "%s" if name in said else value for name, value in literals().items()}
    values = {name: value for name, value in values.items() if value != NULL}
    sql = INSERT.format(columns=", ".join(values), values=", ".join(values.values()))
    return sql + UNLESS_HELD if "active_key" in said else sql


def _prepared(alias: str, columns: Columns) -> list[tuple[Any, ...]]:
    """Return the rows as Django's fields store them, in the order of the columns of the table."""
    connection = connections[alias]
    return list(
        zip(
            *(
                [field.get_db_prep_save(value, connection) for value in columns[field.column]]
                for field in Job._meta.concrete_fields
                if field.column in columns
            ),
            strict=True,
        )
    )
