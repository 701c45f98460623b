"""One INSERT in plain SQL of what jobs say, the defaults as literals; shared by two databases."""

from functools import lru_cache
from typing import Any

from django.db import connections

from tasks_core.backends.database.statements.columns import Columns
from tasks_core.backends.database.statements.defaults import NULL, literals
from tasks_core.models import Job

INSERT = "INSERT INTO tasks_core_job ({columns}) VALUES {rows}"


@lru_cache(maxsize=256)  # a few combinations of what calls say, with groups of some sizes
def statement(said: tuple[str, ...], count: int = 1) -> str:
    """Return the statement for ``count`` jobs that say these columns."""
    values = {name: "%s" if name in said else value for name, value in literals().items()}
    values = {name: value for name, value in values.items() if value != NULL}
    row = f"({', '.join(values.values())})"
    return INSERT.format(columns=", ".join(values), rows=", ".join([row] * count))


def prepared(alias: str, columns: Columns) -> list[tuple[Any, ...]]:
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
