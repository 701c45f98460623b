"""A backend that stores whole calls, with every option that there is."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Unpack
from uuid import UUID

from tasks_core import registry
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import Call
from tasks_core.options import Options, When
from tasks_core.results import JobResult


class StoringBackend(BaseJobBackend):
    """Takes every option; define ``store``."""

    def store(self, call: Call) -> JobResult:
        """Keep one checked call; its ``func`` is a Task."""
        raise TypeError(f"{type(self).__name__} defines no store().")

    def enqueue(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        when: When | None = None,
        id: UUID | None = None,  # noqa: A002 - the word of Call
        context: Mapping[str, Any] = MappingProxyType({}),
        **options: Unpack[Options],
    ) -> JobResult:
        task = registry.find(func)
        return self.store(Call(task, args, kwargs, when=when, id=id, context=context, **options))

    defer = enqueue

    def receive(self, mode: str, call: Call) -> Any:
        """Store the call itself: ``enqueue`` would build it anew of all its words."""
        method = getattr(self, mode)
        if getattr(method, "__func__", None) is StoringBackend.enqueue:
            return self.store(call)
        return super().receive(mode, call)
