"""What a worker is given for a request: who asked for what. The rest is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpRequest

from tasks_core.carrying.values import MADE, MARK, Terms, pack_value, unpack
from tasks_core.exceptions import RowGone

KIND = "past request"


@dataclass(frozen=True)
class PastRequest:
    """A request that is over. Its user is read anew, and anonymous if no longer there."""

    user: Any
    method: str | None
    path: str

    @classmethod
    def of(cls, request: HttpRequest) -> PastRequest:
        return cls(getattr(request, "user", None), request.method, request.path)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"request.{name} is over: a hook in the background has request.user, request.method "
            "and request.path. Let a hook in the foreground enqueue what else you need."
        )


@pack_value.register
def _(value: PastRequest, terms: Terms) -> Any:
    user = value.user if isinstance(value.user, models.Model) and value.user.pk else None
    return {
        MARK: KIND,
        "user": pack_value(user, Terms(f"{terms.what}.user")),
        "method": value.method,
        "path": value.path,
    }


def _past_request(told: dict[str, Any]) -> PastRequest:
    from django.contrib.auth.models import AnonymousUser

    try:
        user = unpack(told["user"])
    except RowGone:
        user = None
    return PastRequest(user or AnonymousUser(), told["method"], told["path"])


MADE[KIND] = _past_request
