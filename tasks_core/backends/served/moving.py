"""Waiting jobs on their way from one backend to another: what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tasks_core.calls import Call

MOVED = "moved to "  # begins the reason of a job that has left; no other reason does
MAX_REASON = 32


def reason_of(alias: str) -> str:
    """Return why a job is out of reach that is on its way to the backend ``alias``."""
    return f"{MOVED}{alias}"[:MAX_REASON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A call with an ``id``, and what has become of its job in another backend so far."""

    call: Call
    attempts: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    suspect: bool = False

    @property
    def job_id(self) -> UUID:
        assert self.call.id is not None  # noqa: S101 - whoever makes one of a job gives it its id
        return self.call.id
