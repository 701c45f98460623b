"""What an operator put in the place of a declared trigger or arguments: a deploy keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduler.definitions.entry import Declaration
from scheduler.models import Schedule
from scheduler.triggers import Trigger

OVERRIDABLE = ("trigger", "timezone", "args", "kwargs", "args_from", "kwargs_from")


def applied(row: Schedule, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a declaration under the override of ``row``; the row keeps both."""
    override = row.override or {}
    kept = {name: declared[name] for name in override}
    return {**declared, **override, "declared": kept or None}


def trigger(row: Schedule, declaration: Declaration) -> Trigger | None:
    """Return the declared trigger, or None where that of the override counts."""
    return None if "trigger" in (row.override or {}) else declaration.trigger
