"""
Many rows of one table in plain SQL, for SQLite, MySQL and MariaDB: jobs, and the ledger's.

Django names all the columns of each row, most of which nobody speaks of. Here the columns that are
said are values, and the defaults of the others stand in the statement.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connections, transaction
from django.db.models import Model

from tasks_core.backends.database.statements.defaults import NULL, literals

BATCH = 500  # rows in one statement of MySQL

Columns = Mapping[str, Sequence[Any]]


def insert_rows(alias: str, model: type[Model], columns: Columns) -> None:
    """
    Insert rows that say these columns, one value for each row; all of them or none.

    MySQL takes hundreds in a statement. SQLite, whose statements take few values, repeats one.
    """
    rows = prepared(alias, model, columns)
    said = tuple(columns)
    with connections[alias].cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(statement(model, said), rows[0])
            return
        with transaction.atomic(using=alias, savepoint=False):
            if connections[alias].vendor == "sqlite":
                cursor.executemany(statement(model, said), rows)
                return
            for start in range(0, len(rows), BATCH):
                some = rows[start : start + BATCH]
                values = list(chain.from_iterable(some))
                cursor.execute(statement(model, said, len(some)), values)


@lru_cache(maxsize=256)  # a few combinations of what is said, with groups of some sizes
def statement(model: type[Model], said: tuple[str, ...], count: int = 1) -> str:
    """Return the statement for ``count`` rows that say these columns."""
    values = {name: "%s" if name in said else value for name, value in literals(model).items()}
    values = {name: value for name, value in values.items() if value != NULL}
    row = f"({', '.join(values.values())})"
    into = f"{model._meta.db_table} ({', '.join(values)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * count)}"  # noqa: S608  names of ours


def prepared(alias: str, model: type[Model], columns: Columns) -> list[tuple[Any, ...]]:
    """Return the rows as Django's fields store them, in the order of the columns of the table."""
    connection = connections[alias]
    return list(
        zip(
            *(
                [field.get_db_prep_save(value, connection) for value in columns[str(field.column)]]
                for field in model._meta.concrete_fields
                if field.column in columns
            ),
            strict=True,
        )
    )
