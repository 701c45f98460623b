"""What a task takes is read from its signature."""

import datetime as dt
import enum
import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from tasks_core import JobContext
from tasks_core.definition import Task
from tasks_core.http import signatures
from tasks_core.http.shapes import Schema

Grams = NewType("Grams", int)


class Tea(TypedDict, total=False):
    name: str


class Color(enum.Enum):
    RED = "red"


def task_of(annotation):
    def function(value):
        pass

    function.__annotations__ = {"value": annotation}
    return Task(function, "shop.tasks.sell", http=True)


def schema_of(task):
    shape = signatures.takes(task).shape
    found = shape.model_json_schema(schema_generator=Schema)
    return found["$defs"][found["properties"]["arguments"]["$ref"].rpartition("/")[2]]


@pytest.mark.parametrize(
    "annotation",
    [
        *(Any, object, None, str, int, float, bool, list, dict, JsonValue, Grams, Tea),
        *(list[int], dict[str, Any], Sequence[str], Mapping[str, list[float]], Literal["a", 1]),
        *(int | None, Optional[str], Union[int, list[str]], Annotated[int, Field(gt=3)]),  # noqa: UP007, UP045
    ],
)
def test_what_json_is_can_be_taken(annotation):
    assert signatures.why_not(task_of(annotation)) is None


@pytest.mark.parametrize(
    "annotation",
    [
        *(dt.datetime, dt.date, uuid.UUID, Color, bytes, set[int], tuple[int, int]),
        *(list[dt.date], dict[int, str], int | bytes, Literal[Color.RED], Task),
    ],
)
def test_what_json_is_not_is_refused_with_a_cure(annotation):
    why = signatures.why_not(task_of(annotation))

    assert "takes 'value' as" in why
    assert "which is not JSON" in why


def test_an_annotation_that_cannot_be_read_is_refused():
    assert "Nowhere" in signatures.why_not(task_of("Nowhere"))


def test_the_document_says_what_the_signature_says():
    def sell(name: str, grams: int = 100, /, *notes: str, price: float | None = None, any_thing):
        pass

    assert schema_of(Task(sell, "shop.tasks.sell")) | {"description": "", "title": ""} == {
        "additionalProperties": False,
        "description": "",
        "properties": {
            "name": {"title": "Name", "type": "string"},
            "grams": {
                "default": 100,
                "maximum": 2**64 - 1,
                "minimum": -(2**63),
                "title": "Grams",
                "type": "integer",
            },
            "notes": {
                "default": [],
                "items": {"type": "string"},
                "title": "Notes",
                "type": "array",
            },
            "price": {
                "anyOf": [{"type": "number"}, {"type": "null"}],
                "default": None,
                "title": "Price",
            },
            "any_thing": {"title": "Any Thing"},
        },
        "required": ["name", "any_thing"],
        "title": "",
        "type": "object",
    }


def test_names_that_a_shape_has_itself_are_no_trouble():
    def odd(schema, copy, model_config, _private, json=1):
        pass

    task = Task(odd, "shop.tasks.odd")
    said = {"schema": 1, "copy": 2, "model_config": 3, "_private": 4}

    body = signatures.takes(task).shape.model_validate({"arguments": said})

    assert signatures.call_of(task, body) == ([], said)


def test_the_context_is_given_by_the_worker():
    def told(context: JobContext, name: str):
        pass

    assert list(schema_of(Task(told, "shop.tasks.told", takes_context=True))["properties"]) == [
        "name"
    ]


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ({"a": 1}, ([1], {})),
        ({"a": 1, "b": 2}, ([1, 2], {})),
        ({"a": 1, "c": 3}, ([1], {"c": 3})),
        ({"a": 1, "more": [4, 5]}, ([1, 20, 30, 4, 5], {})),
        ({"a": 1, "c": 3, "more": [4]}, ([1, 20, 3, 4], {})),
        ({"a": 1, "more": []}, ([1], {})),
        ({"a": 1, "d": 4, "e": 5}, ([1], {"d": 4, "e": 5})),
    ],
)
def test_a_call_is_made_as_the_function_can_be_called(said, call):
    def function(a, b=20, /, c=30, *more, d=40, **others):
        return (a, b, c, more, d, others)

    task = Task(function, "shop.tasks.function")
    body = signatures.takes(task).shape.model_validate({"arguments": said})

    args, kwargs = signatures.call_of(task, body)

    assert (args, kwargs) == call
    assert function(*args, **kwargs)


def test_a_decorated_function_takes_what_its_wrapper_takes():
    def given(function):
        @functools.wraps(function)
        def wrapper(name: str):
            return function(name, 7)

        return wrapper

    @given
    def inner(name: str, number: int):
        pass

    assert list(schema_of(Task(inner, "shop.tasks.inner"))["properties"]) == ["name"]
