"""The insertion of jobs in the words of each database."""

from collections.abc import Callable, Mapping

from django.db import connections

from tasks_core.backends.database.statements import (
    insert_mysql,
    insert_portable,
    insert_postgresql,
    insert_sqlite,
)
from tasks_core.backends.database.statements.columns import Columns
from tasks_core.states import JobState

Insert = Callable[[str, Columns], list[JobState | None]]
_OF: Mapping[str, Insert] = {
    "postgresql": insert_postgresql.insert,
    "sqlite": insert_sqlite.insert,
    "mysql": insert_mysql.insert,
}


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """
    Insert jobs and return their states, in the same order.

    None for one that was not stored, since an unfinished job has its ``active_key``. Raises
    IntegrityError for one whose ``id`` is taken.
    """
    return _OF.get(connections[alias].vendor, insert_portable.insert)(alias, columns)
