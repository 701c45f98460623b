"""Each field that does not fit: named as the caller knows it, with a cure."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from tasks_core.conf import did_you_mean
from tasks_core.http import kinds
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import Wrong

CURES = {
    **kinds.CURES,
    "missing": "Add it.",
    "int_type": "Send a whole number, without quotes.",
    "int_from_float": "Send a whole number, without a point.",
    "float_type": "Send a number, without quotes.",
    "finite_number": "Send a number: NaN and Infinity are none in JSON.",
    "bool_type": "Send true or false, without quotes.",
    "string_type": "Send text, in quotes.",
    "string_too_long": "Shorten it.",
    "enum": "Send one of these.",
    "literal_error": "Send one of these.",
    "none_required": "Send null.",
    "list_type": "Send an array: [\u2026].",
    "dict_type": "Send an object: {\u2026}.",
    "model_type": "Send an object: {\u2026}.",
    "greater_than": "Send a larger number.",
    "greater_than_equal": "Send a larger number.",
    "less_than": "Send a smaller number.",
    "less_than_equal": "Send a smaller number.",
}
ANOTHER = "Send what fits; openapi.json describes it."
ARGUMENTS = "arguments"
Path = list[Any]


def refusal(*wrong: Wrong) -> Refused:
    """Return the refusal of a request of which these fields do not fit."""
    told = f"These do not fit: {', '.join(each.field for each in wrong)}."
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, told, *wrong)


def at(path: Iterable[Any], message: str, cure: str) -> Wrong:
    return Wrong(field=".".join(map(str, path)) or "body", message=message, cure=cure)


def found(
    error: ValidationError, *, shape: Any, said: Any, place: Callable[[Path], Path] = list
) -> list[Wrong]:
    """
    Return what is wrong with what was ``said``, a field once.

    ``place`` tells where the caller said what stands at a path of the shape.
    """
    fields: dict[str, Wrong] = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        path = list(_path(each["loc"], said, is_missing=each["type"] == "missing"))
        text = each["msg"].removeprefix("Value error, ")
        one = at(place(path), f"{text}.", _cure(each["type"], path, shape))
        if before := fields.get(one.field):  # of several types that would fit, none did
            one.message = f"{before.message} Or: {one.message}"
            one.cure = before.cure if before.cure == one.cure else f"{before.cure} {one.cure}"
        fields[one.field] = one
    return list(fields.values())


def _cure(kind: str, path: Path, shape: Any) -> str:
    if kind == "extra_forbidden":
        return _cure_of_unknown(path, shape)
    if kind == "missing" and path == [ARGUMENTS]:
        return 'Add it, with the parameters of the task in it: {"arguments": {\u2026}}.'
    return CURES.get(kind, ANOTHER)


def _cure_of_unknown(path: Path, shape: Any) -> str:
    if len(path) == 1 and path[0] in known_to(shape, [ARGUMENTS]):
        return f'Put it among the arguments: {{"{ARGUMENTS}": {{"{path[0]}": \u2026}}}}.'
    known = known_to(shape, path[:-1])
    return f"Leave it out.{did_you_mean(path[-1], known) if known else ''}"


def _path(places: Iterable[Any], said: Any, *, is_missing: bool) -> Iterator[Any]:
    """Yield the names that the caller knows; of several types that would fit, none is one."""
    *before, last = places or [""]
    for name in before:
        if isinstance(said, dict | list) and _has(said, name):
            said = said[name]
            yield name
    if is_missing or _has(said, last):
        yield last


def _has(said: Any, name: Any) -> bool:
    if isinstance(said, list):
        return isinstance(name, int) and name < len(said)
    return isinstance(said, dict) and name in said


def known_to(shape: Any, path: Iterable[Any]) -> list[str]:
    """Return the names of the fields that stand at this place of a shape."""
    for name in path:
        if isinstance(name, str):  # an item of a list is what the others are
            shape = _fields(shape).get(name)
    return list(_fields(shape))


def _fields(shape: Any) -> dict[str, Any]:
    """Return the annotations of a shape or a TypedDict, or of those that are in an annotation."""
    if isinstance(shape, type) and hasattr(shape, "__total__"):
        return typing.get_type_hints(shape)
    if hasattr(shape, "model_fields"):
        fields = shape.model_fields.items()
        return {each.alias or name: each.annotation for name, each in fields}
    inside = map(_fields, typing.get_args(shape))
    return {name: each for fields in inside for name, each in fields.items()}
