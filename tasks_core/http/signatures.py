"""What a task takes, as a shape: its parameters by name, as its signature says."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from functools import lru_cache
from types import GenericAlias
from typing import Any, NamedTuple

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo

from tasks_core import payloads, registry
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall
from tasks_core.http.annotations import NotJSON, not_json
from tasks_core.http.closing import close
from tasks_core.http.shapes import CallOptions, Said


class Unreadable(Exception):
    """No shape can be made of a signature."""

    def __init__(self, message: str, *, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class Arguments(Said):
    """The arguments of a call, by parameter."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Return its schema, with TypedDicts that take no names but theirs."""
        schema = handler(source)
        close(schema, handler, seen=set())  # where the task takes any further names, as well
        return schema


class Takes(NamedTuple):
    """What a task takes: the shape of a body, and the fields of its arguments by parameter."""

    shape: type[CallOptions]
    arguments: type[Arguments]
    fields: Mapping[str, inspect.Parameter]


def callable_tasks() -> dict[str, Task[Any, Any]]:
    """Return the tasks that are declared to be callable, and can be, by name."""
    found = {name: task for name, task in registry.declared().items() if task.http}
    return {name: task for name, task in sorted(found.items()) if why_not(task) is None}


def why_not(task: Task[Any, Any]) -> Unreadable | None:
    """Return why no shape can be made of a task's signature; None if one can."""
    try:
        takes(task)
    except Unreadable as error:
        return error
    return None


@lru_cache(maxsize=1024)
def takes(task: Task[Any, Any], *, is_typed: bool = True) -> Takes:
    """
    Return what a call of the task may say. Raises Unreadable naming the parameter.

    Unless it ``is_typed``, any JSON fits a parameter, whatever its annotation.
    """
    hints = _hints(task) if is_typed else {}
    fields: dict[str, inspect.Parameter] = {}
    config = ConfigDict(title=f"Arguments of {task.name}")
    more: dict[str, Any] = {}
    for number, each in enumerate(parameters(task)):
        annotation = hints.get(each.name, Any)
        for wrong in not_json(annotation):
            raise _unreadable(task, each, wrong)
        if each.kind is inspect.Parameter.VAR_KEYWORD:
            config["extra"] = "allow"
            more["__pydantic_extra__"] = GenericAlias(dict, (str, annotation))
        else:
            # A name of pydantic's own would be in the way of one of the function's.
            fields[f"p{number}"] = each
    base = type("Arguments", (Arguments,), {"__annotations__": more, "model_config": config})
    try:
        arguments = _arguments(task, base, fields=fields, hints=hints)
    except (TypeError, PydanticUserError) as error:
        cure = "Annotate its parameters with what JSON is, or leave out http=."
        raise Unreadable(str(error), cure=cure) from error
    is_needed = any(field.is_required() for field in arguments.model_fields.values())
    given: Any = (arguments, ... if is_needed else Field(default_factory=arguments))
    shape = create_model(_name(task), __base__=CallOptions, arguments=given)
    shape.__doc__ = f"A call of {task.name}."
    return Takes(shape, arguments, fields)


def _arguments(
    task: Task[Any, Any],
    base: type[Arguments],
    *,
    fields: Mapping[str, inspect.Parameter],
    hints: Mapping[str, Any],
) -> type[Arguments]:
    made: dict[str, Any] = {
        name: _annotated(each, hints.get(each.name, Any)) for name, each in fields.items()
    }
    arguments = create_model(f"{_name(task)}_arguments", __base__=base, **made)
    for name, each in fields.items():
        _let_python_say(arguments.model_fields[name], each)
    arguments.model_rebuild(force=True)
    return arguments


def _name(task: Task[Any, Any]) -> str:
    # Of a component in the document, where a dot would cut it short.
    return task.name.replace(".", "_")


def parameters(task: Task[Any, Any]) -> list[inspect.Parameter]:
    found = list(inspect.signature(task.func, follow_wrapped=False).parameters.values())
    return found[1:] if task.takes_context else found


def _hints(task: Task[Any, Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(task.func, include_extras=True)
    except (NameError, TypeError) as error:
        cure = "Import what its annotations name in the module of the task."
        raise Unreadable(str(error), cure=cure) from error


def _annotated(each: inspect.Parameter, annotation: Any) -> tuple[Any, Any]:
    if each.kind is inspect.Parameter.VAR_POSITIONAL:
        annotation = GenericAlias(list, (annotation,))
    return annotation, Field(alias=each.name)


def _let_python_say(field: FieldInfo, each: inspect.Parameter) -> None:
    """Let a field have the parameter's default or none, whatever its annotation says of one."""
    empty = Field()
    field.default, field.default_factory = empty.default, None
    if each.kind is inspect.Parameter.VAR_POSITIONAL:
        field.default = []
    elif each.default is not inspect.Parameter.empty:
        try:
            payloads.normal([each.default], what=each.name)
            field.default = each.default
        except InvalidCall:  # it is there when the function is called, and cannot be shown
            field.default_factory = lambda: None


def _unreadable(task: Task[Any, Any], each: inspect.Parameter, wrong: NotJSON) -> Unreadable:
    message = (
        f"{task.name} takes {each.name!r} as {wrong.what}, which is not JSON: what a job is given "
        "is text, numbers, booleans, None, lists and dicts."
    )
    return Unreadable(message, cure=wrong.cure)
