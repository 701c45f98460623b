"""Who comes in, and what a view is asked and answers: the base of every view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.views import APIView

from tasks_core.http import reading
from tasks_core.http.operations import METHODS, Operation
from tasks_core.http.problems import answer
from tasks_core.http.rates import OfStrangers, OfUsers
from tasks_core.http.shapes import Said, Shape, Wrong

REPLAYED = {"Idempotent-Replayed": "true"}

S = TypeVar("S", bound=Said)


class Session(SessionAuthentication):  # type: ignore[misc]  # no types are published
    """Django's session; whoever comes with one must bring its CSRF token to change something."""

    def authenticate_header(self, request: Any) -> str:
        return "Session"


class Door(APIView):  # type: ignore[misc]  # the same
    """A view of the API. What it takes is said by an Operation for each of its methods."""

    GET: ClassVar[Operation | None] = None
    POST: ClassVar[Operation | None] = None
    statuses: ClassVar[Mapping[type[Exception], HTTPStatus]] = {}  # of errors that refuse

    # All of it said here: REST_FRAMEWORK is about other views of the site.
    parser_classes = (reading.Body,)
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
            raise unknown(request)
        # Django hands a HEAD to get().
        method = "GET" if request.method == "HEAD" else request.method
        if method in METHODS and (operation := getattr(self, method)) is not None:
            self._admit(request, operation)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        # It is for one caller, and of this moment: no cache of the site answers the next.
        add_never_cache_headers(found)
        return found

    def options(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=self.default_response_headers)

    def _admit(self, request: Any, operation: Operation) -> None:
        if operation.needs and not any(map(request.user.has_perm, operation.needs)):
            raise lacking(*operation.needs)
        if operation.asks is not None:
            self.asked = reading.asked(operation.asks, dict(request.GET.lists()))

    def said(self, shape: type[S]) -> S:
        """Return the body of the request in this shape; none at all is an empty object."""
        return reading.said(shape, self.body)

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


def unknown(request: Any) -> NotAuthenticated:
    """Return the refusal of a request of which nobody is known, with the ways to come in."""
    error = NotAuthenticated()
    session = "the cookie of a session of this site"
    if not apps.is_installed("knox"):
        wrong = ("Cookie", "No session comes with the request.", f"Log in, and send {session}.")
    else:
        has_other = "Authorization" in request.headers  # as a proxy may want one of its own
        message = "It does not begin with Bearer." if has_other else "It is missing."
        cure = (
            f"Send Authorization: Bearer \u2026, with a token behind the word Bearer; or {session}."
        )
        wrong = ("Authorization", message, cure)
    error.errors = [Wrong(field=wrong[0], message=wrong[1], cure=wrong[2])]
    return error


def lacking(*permissions: str) -> PermissionDenied:
    return PermissionDenied(f"You need the permission {' or '.join(permissions)}.")


def reply(
    told: Shape, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    text = told.model_dump_json()
    return HttpResponse(text, status=status, content_type="application/json", headers=headers)


def stored(
    told: Shape, *, is_new: bool, was_before: bool = False, where: str | None = None
) -> HttpResponse:
    """
    Return the answer that tells of a job ``where`` it is found: 201 if it ``is_new``.

    ``was_before`` says that the key of the request has come before.
    """
    headers = {"Location": where} if where else {}
    if was_before:
        headers |= REPLAYED
    return reply(told, status=201 if is_new else 200, headers=headers)
