"""Which annotations of parameters JSON fits, and what to write in place of the others."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union

from pydantic import JsonValue

LISTS, OBJECTS, UNIONS = (list, Sequence), (dict, Mapping), (Union, UnionType)
PLAIN = (str, int, float, bool, NoneType, None, Any, object, JsonValue, *LISTS, *OBJECTS)
WRAPPERS = (Annotated, typing.Required, typing.NotRequired)
UNREADABLE = sys.version_info < (3, 12)  # TypedDicts of typing, to pydantic


class NotJSON(NamedTuple):
    """A part of an annotation of which no JSON is an instance, and the cure."""

    what: str
    cure: str = "Annotate it as what is sent, such as str, and convert it in the task."


def not_json(annotation: Any, *, within: Sequence[Any] = ()) -> Iterator[NotJSON]:
    """Yield the parts of an annotation, which stands ``within`` others, that no JSON fits."""
    if any(annotation is each for each in within):  # a tree is made of trees
        return
    within = [*within, annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if any(annotation is plain for plain in PLAIN):
        return
    if origin is Literal:
        plain = (str, int, bool, NoneType)
        yield from (NotJSON(repr(each)) for each in args if type(each) not in plain)
    elif origin in OBJECTS and args[0] is not str:
        yield NotJSON("an object with keys that are no text")
    elif origin in LISTS + OBJECTS + UNIONS:
        for each in args:
            yield from not_json(each, within=within)
    elif UNREADABLE and typing.is_typeddict(annotation):
        yield NotJSON(
            f"{annotation.__name__}, a TypedDict of typing, which says too little of itself "
            "before Python 3.12",
            "Make it with typing_extensions.TypedDict.",
        )
    elif (inside := _inside(annotation)) is not None:
        for each in inside:
            yield from not_json(each, within=within)
    else:
        yield NotJSON(getattr(annotation, "__name__", repr(annotation)))


def _inside(annotation: Any) -> Sequence[Any] | None:
    """Return what an annotation stands for, or is made of; None if nothing is known of it."""
    if typing.get_origin(annotation) in WRAPPERS:
        return typing.get_args(annotation)[:1]
    if hasattr(annotation, "__total__"):  # a TypedDict, of typing or of its extensions
        return list(typing.get_type_hints(annotation, include_extras=True).values())
    for of_an_alias in ("__value__", "__supertype__"):
        if hasattr(annotation, of_an_alias):
            return [getattr(annotation, of_an_alias)]
    return None
