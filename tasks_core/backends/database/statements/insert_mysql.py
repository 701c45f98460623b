"""
Insert on MySQL and MariaDB: hundreds of jobs in one statement without the ORM.

Those with a unique key go through the ORM one by one: INSERT IGNORE would ignore much more than a
held key.
"""

from tasks_core import clock
from tasks_core.backends.database.statements import insert_portable
from tasks_core.backends.database.statements.columns import Columns, timed
from tasks_core.backends.database.statements.insert_rows import insert_rows
from tasks_core.models import Job
from tasks_core.states import JobState


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    if "active_key" in columns:
        return insert_portable.insert(alias, columns)
    complete = timed(columns, now=clock.db_now(alias))
    insert_rows(alias, Job, complete)
    return list(complete["state"])
