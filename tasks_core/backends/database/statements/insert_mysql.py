"""
Insert on MySQL and MariaDB: hundreds of rows in one statement without the ORM.

Django names all the columns of each row, most of which jobs say nothing about. Those with a
unique key go through the ORM one by one: INSERT IGNORE would ignore much more than a held key.
"""

from itertools import chain

from django.db import connections, transaction

from tasks_core import clock
from tasks_core.backends.database.statements import insert_portable
from tasks_core.backends.database.statements.columns import Columns, timed
from tasks_core.backends.database.statements.insert_rows import prepared, statement
from tasks_core.states import JobState

BATCH = 500  # rows in one INSERT


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    if "active_key" in columns:
        return insert_portable.insert(alias, columns)
    complete = timed(columns, now=clock.db_now(alias))
    said, rows = tuple(complete), prepared(alias, complete)
    groups = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    with transaction.atomic(using=alias, savepoint=False), connections[alias].cursor() as cursor:
        for group in groups:
            values = list(chain.from_iterable(group))
            cursor.execute(statement(said, len(group)), values)
    return list(complete["state"])
