"""What a task takes is read from its signature."""

import datetime as dt
import enum
import functools
import sys
import typing
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from pydantic import Field, JsonValue, ValidationError
from typing_extensions import TypedDict

from tasks_core import JobContext
from tasks_core.definition import Task
from tasks_core.http import signatures
from tasks_core.http.arguments import call_of, given
from tasks_core.http.shapes import Schema

Grams = NewType("Grams", int)


class Tea(TypedDict, total=False):
    name: str


class Branch(TypedDict):
    name: str
    branches: "list[Branch]"


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
        *(Any, object, None, str, int, float, bool, list, dict, JsonValue, Grams, Tea, Branch),
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

    assert "takes 'value' as" in str(why)
    assert "which is not JSON" in str(why)
    assert why.cure.startswith("Annotate it as what is sent")


def test_an_annotation_that_cannot_be_read_is_refused():
    assert "Nowhere" in str(signatures.why_not(task_of("Nowhere")))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pydantic reads it there")
def test_a_typed_dict_of_typing_is_refused_with_another_cure():
    class Cup(typing.TypedDict):
        name: str

    for annotation in (Cup, list[Cup], Cup | None):
        why = signatures.why_not(task_of(annotation))

        assert "takes 'value' as Cup, a TypedDict of typing" in str(why)
        assert why.cure == "Make it with typing_extensions.TypedDict."


def accepts(task, **said):
    try:
        signatures.takes(task).shape.model_validate({"arguments": said})
    except ValidationError as error:
        return [each["loc"] for each in error.errors()]
    return True


def test_a_typed_dict_takes_no_other_names_whatever_the_task_does():
    def plant(tree: Branch, *more: Branch, **others: Tea):
        pass

    task = Task(plant, "shop.tasks.plant")
    oak = {"name": "oak", "branches": []}

    assert accepts(task, tree=oak, more=[oak], cup={"name": "oolong"}) is True
    assert accepts(task, tree={**oak, "leaf": 1}) == [("arguments", "tree", "leaf")]
    deep = {"name": "ash", "branches": [{**oak, "leaf": 1}]}
    assert accepts(task, tree=deep) == [("arguments", "tree", "branches", 0, "leaf")]
    assert accepts(task, tree=oak, more=[{**oak, "leaf": 1}]) == [("arguments", "more", 0, "leaf")]
    assert accepts(task, tree=oak, cup={"leaf": 1}) == [("arguments", "cup", "leaf")]
    names = schema_of(task)
    assert names["additionalProperties"] == {"$ref": "#/$defs/Tea"}


@pytest.mark.parametrize("field", [Field(default=7), Field(default_factory=int), Field(7, ge=1)])
def test_what_python_demands_is_demanded_whatever_its_annotation_says(field):
    def pour(milliliters: Annotated[int, field], cups: Annotated[int, field] = 2):
        pass

    task = Task(pour, "shop.tasks.pour")

    assert accepts(task) == [("arguments", "milliliters")]
    assert accepts(task, milliliters=5) is True
    assert schema_of(task)["required"] == ["milliliters"]
    assert schema_of(task)["properties"]["cups"]["default"] == 2


@pytest.mark.parametrize("field", [Field(alias="ml"), Field(validation_alias="ml")])
def test_a_parameter_has_the_name_that_python_knows(field):
    def pour(milliliters: Annotated[int, field]):
        pass

    assert accepts(Task(pour, "shop.tasks.pour"), milliliters=5) is True


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

    assert call_of(task, given(task, body.arguments)) == ([], said)


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

    args, kwargs = call_of(task, given(task, body.arguments))

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
