"""A backend that stores whole calls: every option of ours, named once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import Call
from tasks_core.results import JobResult


class StoringBackend(BaseJobBackend):
    """
    Takes every option but ``timeout``, which nothing enforces yet; define ``store``.

    A parameter that is not named here is refused at the call, never accepted and ignored.
    """

    def store(self, call: Call) -> JobResult:
        """Keep one checked call; its ``func`` is what its author knows, a function or a Task."""
        raise TypeError(f"{type(self).__name__} defines no store().")

    def enqueue(
        self,
        func: Callable[..., Any],
        args: list[Any],
        kwargs: dict[str, Any],
        *,
        when: datetime | None = None,
        priority: int = 0,
        queue: str = "default",
        key: str | None = None,
        max_attempts: int | None = None,
        expires_at: datetime | None = None,
        label: str = "",
        creator: str = "",
        id: UUID | None = None,  # noqa: A002 - the word of Call
        context: Mapping[str, Any] = MappingProxyType({}),
    ) -> JobResult:
        call = Call(
            func,
            args,
            kwargs,
            when=when,
            priority=priority,
            queue=queue,
            key=key,
            max_attempts=max_attempts,
            expires_at=expires_at,
            label=label,
            creator=creator,
            id=id,
            context=context,
        )
        return self.store(call)

    defer = enqueue
