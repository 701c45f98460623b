"""Where the next page begins: text that says behind which row, and means nothing to the caller."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from tasks_core.http.problems import Refused
from tasks_core.http.shapes import Wrong


def cursor(*place: Any) -> str:
    said = [each.isoformat() if isinstance(each, datetime) else each for each in place]
    told = json.dumps(said, ensure_ascii=False)
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place(text: str, *kinds: Callable[[Any], Any]) -> Sequence[Any]:
    """Return what a cursor says; raise Refused for one that no such page has told."""
    try:
        said = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        return [kind(each) for kind, each in zip(kinds, said, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        wrong = Wrong(
            field="cursor",
            message="Not a cursor of this list.",
            cure="Send `next` of the page before, narrowed as that was, or leave it out.",
        )
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such page.", wrong) from None


def moment(text: Any) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
