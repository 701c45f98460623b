"""What a view takes and answers: said once, for checking it and for the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus as Is
from typing import Any

from tasks_core.http.shapes import Asked, Said, Shape

ALWAYS = (Is.UNAUTHORIZED, Is.FORBIDDEN, Is.TOO_MANY_REQUESTS, Is.SERVICE_UNAVAILABLE)
OF_A_BODY = (
    Is.BAD_REQUEST,
    Is.REQUEST_ENTITY_TOO_LARGE,
    Is.UNSUPPORTED_MEDIA_TYPE,
    Is.UNPROCESSABLE_ENTITY,
)
METHODS = ("GET", "POST")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one view."""

    name: str
    summary: str
    answers: Mapping[int, type[Shape]]
    asks: type[Asked] | None = None  # behind the "?" of the address
    takes: type[Said] | None = None  # as the body
    takes_key: bool = False  # Idempotency-Key
    refuses: Sequence[int] = ()  # with what, beside the usual
    needs: Sequence[str] = ()  # one of these permissions
    description: str = ""

    def refusals(self, *, is_of_one: bool) -> Iterator[int]:
        """Yield the statuses with which it may be refused; ``is_of_one``: what may not exist."""
        yield from ALWAYS
        yield from OF_A_BODY if self.takes else ()
        yield from (Is.UNPROCESSABLE_ENTITY,) if self.asks or self.takes_key else ()
        yield from (Is.NOT_FOUND,) if is_of_one else ()
        yield from self.refuses


@dataclass(frozen=True)
class Place:
    """An operation at an address, as the document tells of it."""

    path: str
    method: str
    operation: Operation
    parameters: Sequence[Mapping[str, Any]] = ()  # of the address
