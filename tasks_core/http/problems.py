"""Refusals: one form for all of them, ``application/problem+json`` of RFC 9457."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from tasks_core.exceptions import InvalidJobBackend, UnsupportedFeature
from tasks_core.http.shapes import Problem, Wrong
from tasks_core.troubles import in_words

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
STATUSES: Mapping[type[Exception], HTTPStatus] = {
    Http404: HTTPStatus.NOT_FOUND,
    PermissionDenied: HTTPStatus.FORBIDDEN,
    RequestDataTooBig: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedFeature: HTTPStatus.CONFLICT,
}
OF_HEADERS: Mapping[type[Exception], Wrong] = {
    exceptions.AuthenticationFailed: Wrong(
        field="Authorization",
        message="No token of this site, or one that has ended.",
        cure="Send Authorization: Bearer \u2026, with a token that the site has given you.",
    ),
    exceptions.UnsupportedMediaType: Wrong(
        field="Content-Type",
        message="Bodies are JSON.",
        cure="Send Content-Type: application/json.",
    ),
}


class Refused(exceptions.APIException):  # type: ignore[misc]  # no types are published
    """What is asked cannot be done; the answer says why."""

    def __init__(self, status: HTTPStatus, detail: str, *errors: Wrong) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors = errors


def answer(
    error: Exception, *, statuses: Mapping[type[Exception], HTTPStatus]
) -> HttpResponse | None:
    """
    Return the refusal that an error stands for, or None if it is one of ours.

    ``statuses`` are more errors that refuse.
    """
    set_rollback()
    if isinstance(error, exceptions.APIException):
        of_header = OF_HEADERS.get(type(error))
        errors = getattr(error, "errors", [of_header] if of_header else [])
        return problem(error.status_code, str(error.detail), errors, headers=_headers(error))
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
