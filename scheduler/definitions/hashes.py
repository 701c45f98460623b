"""A definition as text that is equal in every process, and its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SWITCHES = frozenset({"enabled"})  # to turn a schedule off and on does not make it another


def as_json(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``definition`` in values that JSON has: seconds for spans, ISO text for instants."""
    return {name: _plain(value) for name, value in definition.items()}


def hash_of(definition: Mapping[str, Any]) -> str:
    """Return what tells this definition from others, in every process."""
    told = {name: value for name, value in definition.items() if name not in SWITCHES}
    text = json.dumps(told, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else value
