"""Remembers calls and runs nothing: for tests that ask what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tasks_core import ids
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import Call
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import job_enqueued
from tasks_core.states import JobState


class DummyBackend(BaseJobBackend):
    """Keeps every accepted call in ``calls``; ``clear()`` forgets them."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.calls: list[Call] = []
        self.results: list[JobResult] = []

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
        return self._remember(call, JobState.READY if when is None else JobState.SCHEDULED)

    defer = enqueue

    def clear(self) -> None:
        self.calls.clear()
        self.results.clear()

    def _remember(self, call: Call, state: JobState) -> JobResult:
        job_id = call.id or ids.job_id()
        result = JobResult(Snapshot(id=job_id, status=state), backend=self)
        self.calls.append(replace(call, id=job_id))
        self.results.append(result)
        job_enqueued.send_robust(type(self), result=result)
        return result
