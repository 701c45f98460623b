"""What a task takes, as a shape: its parameters by name, as its signature says."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union

from pydantic import ConfigDict, Field, JsonValue, create_model
from pydantic.errors import PydanticUserError

from tasks_core import payloads, registry
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall
from tasks_core.http.shapes import CallOptions, Said

LISTS, OBJECTS, UNIONS = (list, Sequence), (dict, Mapping), (Union, UnionType)
PLAIN = (str, int, float, bool, NoneType, None, Any, object, JsonValue, *LISTS, *OBJECTS)
WRAPPERS = (Annotated, typing.Required, typing.NotRequired)


class NotJSON(Exception):
    """A parameter is annotated with what no JSON is."""


class Takes(NamedTuple):
    """What a task takes: the shape of a body, and the fields of its arguments by parameter."""

    shape: type[CallOptions]
    fields: Mapping[str, inspect.Parameter]


def callable_tasks() -> dict[str, Task[Any, Any]]:
    """Return the tasks that are declared to be callable, and can be, by name."""
    found = {name: task for name, task in registry.declared().items() if task.http}
    return {name: task for name, task in sorted(found.items()) if why_not(task) is None}


def why_not(task: Task[Any, Any]) -> str | None:
    """Return why no shape can be made of a task's signature; None if one can."""
    try:
        takes(task)
    except (NotJSON, NameError, TypeError, PydanticUserError) as error:
        return str(error)
    return None


@lru_cache(maxsize=1024)
def takes(task: Task[Any, Any]) -> Takes:
    """Return what a call of the task may say. Raises NotJSON naming the parameter."""
    hints = typing.get_type_hints(task.func, include_extras=True)
    fields: dict[str, inspect.Parameter] = {}
    made: dict[str, Any] = {}
    config = ConfigDict(title=f"Arguments of {task.name}")
    more: dict[str, Any] = {}
    for number, each in enumerate(parameters(task)):
        annotation = hints.get(each.name, Any)
        for wrong in not_json(annotation):
            raise NotJSON(_refusal(task, each, wrong))
        if each.kind is inspect.Parameter.VAR_KEYWORD:
            config["extra"] = "allow"
            more["__pydantic_extra__"] = GenericAlias(dict, (str, annotation))
            continue
        # A name of pydantic's own would be in the way of one of the function's.
        fields[f"p{number}"] = each
        made[f"p{number}"] = _field(each, annotation)
    base = type("Arguments", (Said,), {"__annotations__": more, "model_config": config})
    # Their names are those of components in the document, where a dot would cut them short.
    name = task.name.replace(".", "_")
    arguments: Any = create_model(f"{name}_arguments", __base__=base, **made)
    is_needed = any(field.is_required() for field in arguments.model_fields.values())
    given = (arguments, ... if is_needed else Field(default_factory=arguments))
    shape = create_model(name, __base__=CallOptions, arguments=given)
    shape.__doc__ = f"A call of {task.name}."
    return Takes(shape, fields)


def call_of(task: Task[Any, Any], said: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the keyword arguments that a body says."""
    fields = takes(task).fields
    given = {
        fields[name].name: getattr(said.arguments, name)
        for name in said.arguments.model_fields_set
        if name in fields
    }
    kinds = {each.name: each.kind for each in fields.values()}
    by_place: list[Any] = []
    places = [each for each in fields.values() if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    for each in places[: _positional(places, given)]:
        if each.kind is inspect.Parameter.VAR_POSITIONAL:
            by_place += given.pop(each.name, [])
        else:
            by_place.append(given.pop(each.name, each.default))
    by_name = {
        name: given[name] for name in given if kinds[name] is not inspect.Parameter.VAR_POSITIONAL
    }
    return by_place, {**by_name, **(said.arguments.model_extra or {})}


def parameters(task: Task[Any, Any]) -> list[inspect.Parameter]:
    found = list(inspect.signature(task.func, follow_wrapped=False).parameters.values())
    return found[1:] if task.takes_context else found


def not_json(annotation: Any) -> Iterator[str]:
    """Yield the parts of an annotation of which no JSON is an instance."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if any(annotation is plain for plain in PLAIN):
        return
    if origin is Literal:
        yield from (repr(each) for each in args if type(each) not in (str, int, bool, NoneType))
    elif origin in OBJECTS and args[0] is not str:
        yield "an object with keys that are no text"
    elif origin in LISTS + OBJECTS + UNIONS:
        for each in args:
            yield from not_json(each)
    elif (inside := _inside(annotation)) is not None:
        for each in inside:
            yield from not_json(each)
    else:
        yield getattr(annotation, "__name__", repr(annotation))


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


def _field(each: inspect.Parameter, annotation: Any) -> tuple[Any, Any]:
    if each.kind is inspect.Parameter.VAR_POSITIONAL:
        return GenericAlias(list, (annotation,)), Field(default=[], alias=each.name)
    if each.default is inspect.Parameter.empty:
        return annotation, Field(alias=each.name)
    try:
        payloads.normal([each.default], what=each.name)
    except InvalidCall:  # it is there when the function is called, and cannot be shown
        return annotation, Field(default_factory=lambda: None, alias=each.name)
    return annotation, Field(default=each.default, alias=each.name)


def _positional(places: Sequence[inspect.Parameter], given: Mapping[str, Any]) -> int:
    """Return how many parameters must be given by place: up to the last that can be no other."""
    last = 0
    for number, each in enumerate(places, start=1):
        only_so = each.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)
        if only_so and given.get(each.name, inspect.Parameter.empty) not in (
            inspect.Parameter.empty,
            [],
        ):
            last = number
    return last


def _refusal(task: Task[Any, Any], each: inspect.Parameter, wrong: str) -> str:
    return (
        f"{task.name} takes {each.name!r} as {wrong}, which is not JSON: what a job is given is "
        "text, numbers, booleans, None, lists and dicts. Annotate it as what is sent, such as str, "
        "and convert it in the task."
    )
