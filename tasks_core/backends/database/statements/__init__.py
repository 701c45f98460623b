"""
The hot statements in the words of each database; what has no words here goes through the ORM.

Claims and settles in plain SQL take a third of the ORM's time for a group of jobs, and one
round trip instead of four (see docs/decisions/0014).

- asked: what a claim asks for and a settle stores; postgresql, sqlite and portable say it.
- insertion: how jobs are stored, by insert_postgresql, insert_sqlite, insert_mysql (both with
  insert_rows) and insert_portable, from columns of what calls say, beside the defaults.
"""

from types import ModuleType

from django.db import connections

ARROWS_SINCE = (3, 38)  # SQLite: the operator ->>; UPDATE … RETURNING and FROM are older


def of(alias: str) -> ModuleType:
    """Return the module with ``claim`` and ``settle`` for the database ``alias``."""
    from tasks_core.backends.database.statements import portable, postgresql, sqlite

    connection = connections[alias]
    if connection.vendor == "postgresql":
        return postgresql
    if connection.vendor == "sqlite" and sqlite.version() >= ARROWS_SINCE:
        return sqlite
    return portable
