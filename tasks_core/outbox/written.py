"""A checked call as JSON, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core import registry
from tasks_core.calls import Call
from tasks_core.options import When

Convert = Callable[[Any], Any]

WRITE: Mapping[str, Convert] = {
    "timeout": timedelta.total_seconds,
    "expires_at": datetime.isoformat,
}
READ: Mapping[str, Convert] = {
    "timeout": lambda seconds: timedelta(seconds=seconds),
    "expires_at": datetime.fromisoformat,
    "concurrency": tuple,
}
NOT_SAID = frozenset({"id", "durable"})  # the one is the row's key, the other is done with


def write(call: Call, *, now: datetime) -> dict[str, Any]:
    """Return what a row keeps of ``call``; a delay counts from ``now``."""
    said = {name: value for name, value in call.said().items() if name not in NOT_SAID}
    if "expires_at" in said:
        said["expires_at"] = _instant(said["expires_at"], now)
    return {
        "task": call.func.name,
        "args": call.args,
        "kwargs": call.kwargs,
        "when": None if call.when is None else _instant(call.when, now).isoformat(),
        "options": {name: _converted(WRITE, name, value) for name, value in said.items()},
    }


def read(row_id: UUID, told: Mapping[str, Any]) -> Call:
    """Return the call. Raises UnknownTask for a task that this release of the code has not."""
    when, options = told["when"], told["options"]
    return Call(
        registry.resolve(told["task"]),
        told["args"],
        told["kwargs"],
        when=None if when is None else datetime.fromisoformat(when),
        id=row_id,
        **{name: _converted(READ, name, value) for name, value in options.items()},
    )


def _converted(by: Mapping[str, Convert], name: str, value: Any) -> Any:
    return by[name](value) if name in by and value is not None else value


def _instant(when: When, now: datetime) -> datetime:
    return now + when if isinstance(when, timedelta) else when
