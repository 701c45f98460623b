"""The defaults of a model as SQL, which knows none of them."""

import json
from functools import cache
from typing import Any

from django.db import models

NULL = "NULL"


@cache
def literals(model: type[models.Model]) -> dict[str, str]:
    """Return the default of each column, in words that every database has."""
    return {str(column.column): _literal(column) for column in model._meta.concrete_fields}


def _literal(column: "models.Field[Any, Any]") -> str:
    if column.null or isinstance(column, models.AutoField):
        return NULL
    value = column.get_default()
    if isinstance(column, models.JSONField):
        value = json.dumps(value)
    return f"'{value}'" if isinstance(value, str) else str(value)
