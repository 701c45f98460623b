"""What is read of a request: its body as a shape, and the words behind the "?" of its address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError
from rest_framework.parsers import BaseParser

from tasks_core.http import wrongs
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import Asked, Said

MOST_BYTES = 256 * 1024  # of a body: the arguments of a job, escaped, and its options

EXACT = 2**53  # below it each whole number is a float as well
WHOLE = ("int_type", "int_from_float", "literal_error")  # errors that 5.0 makes where 5 would do

S = TypeVar("S", bound=Said)


class Body(BaseParser):  # type: ignore[misc]  # no types are published
    """JSON as it came: the shape that it must have reads it."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> bytes:
        said: bytes = stream.read(MOST_BYTES + 1)
        if len(said) > MOST_BYTES:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body is longer than {MOST_BYTES} bytes. Store the data and send its id.",
            )
        return said


def said(shape: type[S], body: bytes) -> S:
    """Return a body in this shape; raise Refused naming what does not fit."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        kinds = {each["type"] for each in error.errors()}
        if kinds.intersection(WHOLE):
            with suppress(ValidationError):
                return shape.model_validate_json(json.dumps(with_whole_numbers(body)))
        if "json_invalid" in kinds:
            what = f"The body is not JSON: {error.errors()[0]['msg']}."
            raise Refused(HTTPStatus.BAD_REQUEST, what) from None
        raise wrongs.refusal(*wrongs.found(error, shape=shape, said=json.loads(body))) from None


def asked(shape: type[Asked], words: Mapping[str, list[str]]) -> Asked:
    """Return what an address asks for in this shape; raise Refused naming what does not fit."""
    often = [name for name, values in words.items() if len(values) > 1]
    if often:
        cure = "Say it once, and ask once for each of its values."
        raise wrongs.refusal(*(wrongs.at([name], "It is said twice.", cure) for name in often))
    plain = {name: value for name, [value] in words.items()}
    try:
        return shape.model_validate(plain)
    except ValidationError as error:
        raise wrongs.refusal(*wrongs.found(error, shape=shape, said=plain)) from None


def with_whole_numbers(body: bytes) -> Any:
    """Return what a body says with 5 for 5.0: to JSON Schema both are one integer."""

    def number(text: str) -> float:
        value = float(text)
        return int(value) if value.is_integer() and abs(value) < EXACT else value

    return json.loads(body, parse_float=number)
