"""Refusals: one form for all of them, ``application/problem+json`` of RFC 9457."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
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
    UnsupportedFeature: HTTPStatus.NOT_IMPLEMENTED,
    InvalidJobBackend: HTTPStatus.NOT_IMPLEMENTED,
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
    "timezone_aware": "Say the zone: 2030-01-01T09:00:00Z.",
    "datetime_type": 'Send an instant such as "2030-01-01T09:00:00Z".',
}


class Refused(exceptions.APIException):  # type: ignore[misc]  # no types are published
    """What is asked cannot be done; the answer says why."""

    def __init__(self, status: HTTPStatus, detail: str, *errors: Wrong) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors = errors


def answer(
    error: Exception, *, statuses: Mapping[type[Exception], HTTPStatus], asked: Any = None
) -> HttpResponse | None:
    """
    Return the refusal that an error stands for, or None if it is one of ours.

    ``statuses`` are more errors that refuse; ``asked`` is the shape that was not met.
    """
    set_rollback()
    if isinstance(error, exceptions.APIException):
        return problem(
            error.status_code,
            str(error.detail),
            getattr(error, "errors", ()),
            headers=_headers(error),
        )
    if isinstance(error, ValidationError):
        return _unmet(error, asked)
    for kind, status in {**STATUSES, **statuses}.items():
        if isinstance(error, kind):
            return problem(status, str(error) or status.description)
    if (words := in_words(error)) is not None:
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


def _unmet(error: ValidationError, asked: Any) -> HttpResponse:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in found):
        return problem(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {found[0]['msg']}.")
    wrong = [_wrong(each, asked) for each in found]
    named = ", ".join(dict.fromkeys(each.field for each in wrong))
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"These do not fit: {named}.", wrong)


def _wrong(each: Any, asked: Any) -> Wrong:
    field = ".".join(map(str, each["loc"])) or "body"
    cure = CURES.get(each["type"]) or "Send what fits; openapi.json describes it."
    if each["type"] == "extra_forbidden":
        *path, name = each["loc"]
        cure = f"Leave it out.{did_you_mean(name, known_to(asked, path))}"
    return Wrong(field=field, message=f"{each['msg']}.", cure=cure)


def known_to(shape: Any, path: Iterable[Any]) -> list[str]:
    """Return the names of the fields that stand at this place of a shape."""
    for name in path:
        fields = getattr(shape, "model_fields", {})
        shape = fields[name].annotation if name in fields else None
    return [each.alias or name for name, each in getattr(shape, "model_fields", {}).items()]
