"""
What partial indexes need to hear in the SQL itself.

SQLite uses such an index only for a query that repeats its condition, word by word and not as
a parameter. The other databases understand what is meant.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Lookup, Value
from django.db.models.lookups import In


class Literal(Value):
    """A text that stands in the SQL itself."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return f"'{self.value}'", ()


class Flag(Lookup):
    """
    Says that a boolean column is true, or false.

    The condition of an index is ``parked`` or ``NOT parked`` if Django 6.0 or an older one made
    it, else ``parked = 1`` or ``parked = 0``. SQLite hears both, so that either table serves.
    """

    def __init__(self, name: str, is_up: bool) -> None:  # noqa: FBT001 - what Lookup takes
        super().__init__(F(name), is_up)
        self.is_up = is_up

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, _parameters = compiler.compile(self.lhs)
        if connection.vendor != "sqlite":
            return f"{column} = {'TRUE' if self.is_up else 'FALSE'}", ()
        both = "({0} AND {0} = 1)" if self.is_up else "(NOT {0} AND {0} = 0)"
        return both.format(column), ()


class Among(In):
    """
    One of many values, which PostgreSQL takes as a single parameter.

    Five hundred of them, each with a placeholder, take longer to send than to look up.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        values = [field.get_db_prep_value(each, connection, prepared=True) for each in self.rhs]
        return f"{column} = ANY(%s)", (*parameters, values)


def among(name: str, values: Iterable[Any]) -> Among:
    """Return the condition that the column ``name`` is one of ``values``: for ``filter()``."""
    return Among(F(name), list(values))
