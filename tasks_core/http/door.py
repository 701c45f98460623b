"""Who comes in, how often, and what is read of a request: the base of every view."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.core.cache import caches
from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers
from pydantic import ValidationError
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.parsers import BaseParser
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from tasks_core import conf
from tasks_core.http.operations import METHODS, Operation
from tasks_core.http.problems import Refused, Unmet, answer
from tasks_core.http.shapes import Asked, Said, Shape

MOST_BYTES = 256 * 1024  # of a body: the arguments of a job, escaped, and its options

EXACT = 2**53  # below it each whole number is a float as well
WHOLE = ("int_type", "int_from_float", "literal_error")  # errors that 5.0 makes where 5 would do

S = TypeVar("S", bound=Said)


class Session(SessionAuthentication):  # type: ignore[misc]  # no types are published
    """Django's session; whoever comes with one must bring its CSRF token to change something."""

    def authenticate_header(self, request: Any) -> str:
        return "Session"


class Body(BaseParser):  # type: ignore[misc]  # the same
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


class Rate(SimpleRateThrottle):  # type: ignore[misc]  # the same
    """So many requests in a while, counted in a cache of the site."""

    setting: ClassVar[str]

    def __init__(self) -> None:
        self.cache = caches[conf.get("HTTP_CACHE")]
        super().__init__()

    def get_rate(self) -> str | None:
        return conf.get(self.setting) or None

    def key(self, who: Any) -> str:
        return f"tasks_core.http:{self.setting}:{who}"


class OfUsers(Rate):
    setting = "HTTP_RATE"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return self.key(request.user.pk) if request.user.is_authenticated else None


class OfStrangers(Rate):
    setting = "HTTP_STRANGERS_RATE"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        # Not what X-Forwarded-For says, which a stranger writes: a proxy's middleware reads that.
        who = request.META.get("REMOTE_ADDR")
        return None if request.user.is_authenticated else self.key(who)


class Door(APIView):  # type: ignore[misc]  # the same
    """A view of the API. What it takes is said by an Operation for each of its methods."""

    GET: ClassVar[Operation | None] = None
    POST: ClassVar[Operation | None] = None
    statuses: ClassVar[Mapping[type[Exception], HTTPStatus]] = {}  # of errors that refuse

    # All of it said here: REST_FRAMEWORK is about other views of the site.
    parser_classes = (Body,)
    throttle_classes = (OfUsers, OfStrangers)
    permission_classes = ()
    versioning_class = None
    metadata_class = None

    asked: Any = None  # what the address asks for, as the operation's shape

    def get_authenticators(self) -> list[Any]:
        if not apps.is_installed("knox"):
            return [Session()]
        from tasks_core.http.tokens import Token  # its tables are there only then

        return [Token(), Session()]  # the first says how to come in

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:  # noqa: FBT001, FBT002 - as it is called
        return None, "application/json"  # whatever is accepted, there is nothing else

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = None, "application/json"
        request.version = request.versioning_scheme = None
        try:
            self.perform_authentication(request)
        finally:  # whoever tries one token after the other is slowed down, too
            self.check_throttles(request)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        # Django hands a HEAD to get().
        method = "GET" if request.method == "HEAD" else request.method
        if method in METHODS and (operation := getattr(self, method)) is not None:
            self._admit(request, operation)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        # It is for one caller, and of this moment: no cache of the site answers the next.
        add_never_cache_headers(found)
        return found

    def _admit(self, request: Any, operation: Operation) -> None:
        if operation.needs and not any(map(request.user.has_perm, operation.needs)):
            raise lacking(*operation.needs)
        if operation.asks is not None:
            self.asked = _asked(operation.asks, request.GET.dict())

    def said(self, shape: type[S]) -> S:
        """Return the body of the request in this shape; none at all is an empty object."""
        try:
            return shape.model_validate_json(self.body)
        except ValidationError as error:
            if any(each["type"] in WHOLE for each in error.errors()):
                with suppress(ValidationError):
                    return shape.model_validate_json(_with_whole_numbers(self.body))
            raise Unmet(error, shape=shape, said=self.body) from None

    @property
    def body(self) -> bytes:
        data = self.request.data
        return data if isinstance(data, bytes) and data else b"{}"

    def get_exception_handler(self) -> Callable[..., HttpResponse | None]:
        return lambda error, context: answer(error, statuses=self.statuses)

    def raise_uncaught_exception(self, exc: Exception) -> None:
        raise exc

    @classmethod
    def operations(cls, path: str, *, user: Any) -> Iterator[tuple[str, str, Operation]]:  # noqa: ARG003 - asked below
        """Yield address, method and operation of all that the document tells ``user`` of."""
        for method in METHODS:
            if operation := getattr(cls, method):
                yield path, method, operation


def _asked(shape: type[Asked], said: dict[str, Any]) -> Asked:
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        raise Unmet(error, shape=shape, said=said) from None


def _with_whole_numbers(body: bytes) -> str:
    """Return the body with 5 for 5.0: to JSON Schema both are integers."""

    def number(text: str) -> float:
        value = float(text)
        return int(value) if value.is_integer() and abs(value) < EXACT else value

    return json.dumps(json.loads(body, parse_float=number))


def lacking(*permissions: str) -> PermissionDenied:
    return PermissionDenied(f"You need the permission {' or '.join(permissions)}.")


def reply(told: Shape, *, status: int = 200, **headers: str) -> HttpResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    text = told.model_dump_json()
    return HttpResponse(text, status=status, content_type="application/json", headers=names)
