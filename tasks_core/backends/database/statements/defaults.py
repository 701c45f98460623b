"""The defaults of the model as SQL, which knows none of them."""

import json
from functools import cache
from typing import Any

from django.db import models

from tasks_core.models import Job

NULL = "NULL"


@cache
def literals() -> dict[str, str]:
    """Return the default of each column, in words that every database has."""
    return {str(column.column): _literal(column) for column in Job._meta.concrete_fields}


def _literal(column: "models.Field[Any, Any]") -> str:
    if column.null:
        return NULL
    value = column.get_default()
    if isinstance(column, models.JSONField):
        value = json.dumps(value)
    return f"'{value}'" if isinstance(value, str) else str(value)
