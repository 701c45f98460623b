"""What is said of arguments: as a call takes them, and why it would not."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks_core.definition import Task
from tasks_core.http import kinds, signatures, wrongs
from tasks_core.http.shapes import Wrong
from tasks_core.payloads import MAX_BYTES, MAX_DEPTH, MAX_WHOLE, MIN_WHOLE

ONLY_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)
STORE = "Store the data, and send its id or the name of its file."


def given(task: Task[Any, Any], said: Any) -> dict[str, Any]:
    """Return by parameter what a body says, and nothing that it leaves to the function."""
    fields = signatures.takes(task).fields
    by_field = {name: getattr(said, name) for name in said.model_fields_set if name in fields}
    return {
        **{fields[name].name: value for name, value in by_field.items()},
        **(said.model_extra or {}),
    }


def call_of(task: Task[Any, Any], said: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the keyword arguments of what is given by parameter."""
    left = dict(said)
    by_place: list[Any] = []
    places = [
        each
        for each in signatures.takes(task).fields.values()
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    for each in places[: _positional(places, said)]:
        if each.kind is inspect.Parameter.VAR_POSITIONAL:
            by_place += left.pop(each.name, [])
        else:
            by_place.append(left.pop(each.name, each.default))
    for each in places:
        if each.kind is inspect.Parameter.VAR_POSITIONAL:  # and nothing is in it
            left.pop(each.name, None)
    return by_place, left


def _positional(places: Sequence[inspect.Parameter], said: Mapping[str, Any]) -> int:
    """Return how many parameters must be given by place: up to the last that can be no other."""
    last = 0
    for number, each in enumerate(places, start=1):
        if each.kind in ONLY_BY_PLACE and each.name in said:
            is_empty = each.kind is inspect.Parameter.VAR_POSITIONAL and not said[each.name]
            last = last if is_empty else number
    return last


def unstorable(said: Any, *, at: wrongs.Path) -> list[Wrong]:
    """Return what no store would keep of arguments that are said at this path, by name."""
    outside = len(at) - 1  # what has no name, and only holds args and kwargs, is not stored itself
    if found := list(_unstorable(said, at, depth=outside)):
        return found
    sizes = {name: _size(value) for name, value in said.items()}
    found = [
        wrongs.at([*at, name], f"{size} bytes as JSON, more than {MAX_BYTES}.", STORE)
        for name, size in sizes.items()
        if size > MAX_BYTES
    ]
    if not found and (size := _size(said)) > MAX_BYTES:
        found = [wrongs.at(at, f"{size} bytes as JSON, more than {MAX_BYTES}.", STORE)]
    return found


def _unstorable(value: Any, path: wrongs.Path, *, depth: int) -> Iterator[Wrong]:
    inside: Mapping[Any, Any] = {}
    if depth > MAX_DEPTH:
        message = f"It is nested more than {MAX_DEPTH} levels deep."
        yield wrongs.at(path[:2], message, "Flatten it, or send it as text.")
    elif isinstance(value, str) and "\0" in value:
        yield wrongs.at(path, "It contains a NUL character.", kinds.CURES["text"])
    elif isinstance(value, int) and not MIN_WHOLE <= value <= MAX_WHOLE:
        yield wrongs.at(path, "A whole number beyond 64 bits.", "Send it as text, in quotes.")
    elif isinstance(value, float) and not math.isfinite(value):
        yield wrongs.at(path, f"{value} is no JSON.", "Send a number, text or null.")
    elif isinstance(value, list):
        inside = dict(enumerate(value))
    elif isinstance(value, dict):
        inside = value
    for name, each in inside.items():
        if isinstance(name, str) and "\0" in name:
            yield wrongs.at(path, "A name in it contains a NUL character.", kinds.CURES["text"])
        else:
            yield from _unstorable(each, [*path, name], depth=depth + 1)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
