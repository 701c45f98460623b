"""
A model without a table: its rows are what statements on other tables return.

Django writes ``FROM table``; here stands ``FROM (SELECT … UNION ALL SELECT …)``. So everything
that a queryset can ask works as on a table, in the database, and nothing is kept twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError
from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable
from django.db.models.sql.where import AND, WhereNode

MOST_IDS = 500  # each is said several times, and databases limit the parameters of a statement
PREFIX = "its_"  # a column of a statement must not be named like one of its table


class Statement(BaseTable):
    """What stands after FROM, under the name that the table would have."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        model, quote = compiler.query.model, connection.ops.quote_name
        selects = []
        params: list[Any] = []
        ids = _ids_in(compiler.query.where, str(self.table_alias))
        for rows in model.statements(connection.alias, ids=ids, **compiler.query.only):
            try:
                sql, own = rows.query.get_compiler(connection=connection).as_sql()
            except EmptyResultSet:  # Django knows that it has no rows
                continue
            selects.append(sql)
            params += own
        if not selects:
            raise EmptyResultSet
        names = [field.column for field in model._meta.concrete_fields]
        renamed = ", ".join(f"{quote(PREFIX + name)} AS {quote(name)}" for name in names)
        union = f"({' UNION ALL '.join(selects)}) {quote('its')}"
        # Quoted as the columns are: a table of this name would be.
        alias = str(self.table_alias)
        name, _ = BaseTable(alias, alias).as_sql(compiler, connection)
        return f"(SELECT {renamed} FROM {union}) {name}", tuple(params)  # noqa: S608 - our names


class InlineQuery(Query):
    """
    Asks ``model.statements(alias, ids=…, **only)``, querysets with the columns of the model.

    ``model.ask_instead`` says by name what answers the questions that no column does. ``only``
    narrows what is looked at on the tables themselves, whose indexes know it; and so do ``ids``,
    those that the question names itself, ``get(pk=…)`` for one.
    """

    base_table_class = Statement
    only: Mapping[str, Any] = MappingProxyType({})

    def combine(self, rhs: Any, connector: str) -> None:
        if self.only != rhs.only:
            raise TypeError(
                "What get_task() and of_jobs() return cannot be put together with |, & or ^; "
                "ask for pk__in=…"
            )
        super().combine(rhs, connector)

    def names_to_path(self, names: Any, opts: Any, *args: Any, **kwargs: Any) -> Any:
        """Do as Django; say of an attribute that is no column what may be asked instead."""
        instead = self.model.ask_instead.get(names[0])  # type: ignore[union-attr]
        if instead and names[0] not in self.annotations:
            raise FieldError(f"{names[0]!r} cannot be asked in the database: {instead}")
        return super().names_to_path(names, opts, *args, **kwargs)


def _ids_in(where: Any, alias: str) -> list[Any] | None:
    """Return the ids that all rows have one of, as a question says; None if it says none."""
    if where.connector != AND or where.negated:
        return None
    for each in where.children:
        if isinstance(each, WhereNode):
            ids = _ids_in(each, alias)
        elif isinstance(each, (Exact, In)) and _is_id(each.lhs, alias):
            ids = _values(each.rhs if isinstance(each, In) else [each.rhs])
        else:
            continue
        if ids is not None:
            return ids
    return None


def _is_id(column: Any, alias: str) -> bool:
    return isinstance(column, Col) and column.alias == alias and column.target.primary_key


def _values(said: Any) -> list[Any] | None:
    if hasattr(said, "resolve_expression") or len(said) > MOST_IDS:
        return None
    values = list(said)
    return None if any(hasattr(each, "resolve_expression") for each in values) else values


def columns(model: type[models.Model], rows: Any, **expressions: Any) -> Any:
    """Return ``rows`` as a statement with the columns of ``model``, each by its name there."""
    names = [str(field.column) for field in model._meta.concrete_fields]
    return rows.order_by().values(**{f"{PREFIX}{name}": expressions[name] for name in names})
