"""Refusals: one form for all of them, ``application/problem+json`` of RFC 9457."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from pydantic import ValidationError
from rest_framework import exceptions
from rest_framework.views import set_rollback

from tasks_core.conf import did_you_mean
from tasks_core.exceptions import InvalidCall, InvalidJobBackend, UnsupportedFeature
from tasks_core.http.shapes import Problem, Wrong
from tasks_core.troubles import in_words

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
STATUSES: Mapping[type[Exception], HTTPStatus] = {
    Http404: HTTPStatus.NOT_FOUND,
    PermissionDenied: HTTPStatus.FORBIDDEN,
    RequestDataTooBig: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidCall: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedFeature: HTTPStatus.CONFLICT,
}
CURES = {
    "missing": "Add it.",
    "int_type": "Send a whole number, without quotes.",
    "int_from_float": "Send a whole number, without a point.",
    "float_type": "Send a number, without quotes.",
    "bool_type": "Send true or false, without quotes.",
    "string_type": "Send text, in quotes.",
    "string_too_long": "Shorten it.",
    "enum": "Send one of these.",
    "literal_error": "Send one of these.",
    "none_required": "Send null.",
    "list_type": "Send an array: [\u2026].",
    "dict_type": "Send an object: {\u2026}.",
    "model_type": "Send an object: {\u2026}.",
}


class Refused(exceptions.APIException):  # type: ignore[misc]  # no types are published
    """What is asked cannot be done; the answer says why."""

    def __init__(self, status: HTTPStatus, detail: str, *errors: Wrong) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors = errors


class Unmet(Exception):
    """What was said does not have the shape that it must have."""

    def __init__(self, error: ValidationError, *, shape: Any, said: Any) -> None:
        super().__init__(str(error))
        self.error, self.shape, self.said = error, shape, said


def answer(
    error: Exception, *, statuses: Mapping[type[Exception], HTTPStatus]
) -> HttpResponse | None:
    """
    Return the refusal that an error stands for, or None if it is one of ours.

    ``statuses`` are more errors that refuse.
    """
    set_rollback()
    if isinstance(error, exceptions.APIException):
        return problem(
            error.status_code,
            str(error.detail),
            getattr(error, "errors", ()),
            headers=_headers(error),
        )
    if isinstance(error, Unmet):
        return _unmet(error)
    for kind, status in {**statuses, **STATUSES, **statuses}.items():
        if isinstance(error, kind):
            return problem(status, str(error) or status.description)
    words = str(error) if isinstance(error, InvalidJobBackend) else in_words(error)
    if words is not None:  # and they are for who runs the site
        logger.error("not answered: %s", words, exc_info=error)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store of the jobs cannot be used now.")
    return None


def problem(
    status: int,
    detail: str,
    errors: Sequence[Wrong] = (),
    *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    told = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return HttpResponse(
        told.model_dump_json(), status=status, content_type=CONTENT_TYPE, headers=headers
    )


def _headers(error: Any) -> dict[str, str]:
    told = {"WWW-Authenticate": getattr(error, "auth_header", None)}
    wait = getattr(error, "wait", None)
    told["Retry-After"] = None if wait is None else str(max(1, int(wait)))
    return {name: value for name, value in told.items() if value}


def _unmet(unmet: Unmet) -> HttpResponse:
    found = unmet.error.errors(include_url=False, include_context=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in found):
        return problem(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {found[0]['msg']}.")
    said = json.loads(unmet.said) if isinstance(unmet.said, bytes) else unmet.said
    wrong: dict[str, Wrong] = {}
    for each in (_wrong(each, said, unmet.shape) for each in found):
        if before := wrong.get(each.field):  # of several types that would fit, none did
            each.message = f"{before.message} Or: {each.message}"
            each.cure = before.cure if before.cure == each.cure else f"{before.cure} {each.cure}"
        wrong[each.field] = each
    told = f"These do not fit: {', '.join(wrong)}."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, list(wrong.values()))


def _wrong(each: Any, said: Any, shape: Any) -> Wrong:
    text = each["msg"].removeprefix("Value error, ")
    path = list(_path(each["loc"], said, is_missing=each["type"] == "missing"))
    cure = CURES.get(each["type"], "Send what fits; openapi.json describes it.")
    if each["type"] == "extra_forbidden":
        cure = f"Leave it out.{did_you_mean(path[-1], known_to(shape, path[:-1]))}"
    return Wrong(field=".".join(map(str, path)) or "body", message=f"{text}.", cure=cure)


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
        fields = getattr(shape, "model_fields", {})
        shape = fields[name].annotation if name in fields else None
    return [each.alias or name for name, each in getattr(shape, "model_fields", {}).items()]
