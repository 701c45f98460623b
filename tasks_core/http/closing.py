"""TypedDicts take no names but their own, wherever in a schema they are."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler


def close(schema: Any, handler: GetCoreSchemaHandler, *, seen: set[str]) -> None:
    """Let the TypedDicts in a core schema refuse other names; those ``seen`` do already."""
    if isinstance(schema, list):
        for each in schema:
            close(each, handler, seen=seen)
    elif isinstance(schema, dict):
        if (name := schema.get("schema_ref")) is not None:
            if name not in seen:
                seen.add(name)
                close(handler.resolve_ref_schema(schema), handler, seen=seen)
            return
        if schema.get("type") == "typed-dict":
            schema["extra_behavior"] = "forbid"
        for each in list(schema.values()):
            close(each, handler, seen=seen)
