"""The backend itself: what callers ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from django.core.checks import CheckMessage

from tasks_core import clock, registry
from tasks_core.backends.celery import connecting
from tasks_core.backends.celery.connecting import App
from tasks_core.backends.celery.messages import Message
from tasks_core.backends.elsewhere import ElsewhereBackend, expected
from tasks_core.backends.served.told import Stopped
from tasks_core.calls import Call
from tasks_core.options import DEFAULT_QUEUE, When
from tasks_core.results import JobResult, Snapshot


class CeleryBackend(ElsewhereBackend):
    """
    Sends jobs to the workers of a Celery app: OPTIONS={"app": "project.celery.app"}.

    The id of a job is that of its Celery task. Where the app has a result backend, results are
    kept for as long as Celery keeps them; where it has none, nothing is known of a job but that
    it was sent. ``key``, ``concurrency`` and ``rate`` need a backend that our workers serve, and
    are refused.
    """

    known_options: ClassVar[Mapping[str, str]] = {
        **ElsewhereBackend.known_options,
        "app": "the dotted path of a Celery app",
    }

    def enqueue(  # type: ignore[override] # what it does not name, it cannot take
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        when: When | None = None,
        priority: int = 0,
        queue: str = DEFAULT_QUEUE,
        max_attempts: int | None = None,
        timeout: Any = None,
        expires_at: When | None = None,
        label: str = "",
        creator: Any = "",
        id: UUID | None = None,  # noqa: A002 - the word of Call
        context: Mapping[str, Any] = MappingProxyType({}),
    ) -> JobResult:
        call = Call(
            registry.find(func),
            args,
            kwargs,
            when=when,
            priority=priority,
            queue=queue,
            max_attempts=max_attempts,
            timeout=timeout,
            expires_at=expires_at,
            label=label,
            creator=creator,
            id=id,
            context=context,
        )
        return self.store(call)

    defer = enqueue  # type: ignore[assignment]

    @cached_property
    def app(self) -> App:
        """The Celery app. Raises InvalidJobBackend when there is none, or it runs no jobs."""
        return connecting.load(self.options.get("app"), owner=self)

    def supports(self, mode: str) -> bool:
        if mode in {"get", "get_many"}:
            return self._keeps_results
        return super().supports(mode)

    def push(self, calls: Sequence[Call]) -> list[JobResult]:
        from tasks_core.backends.celery.publishing import publish

        now = clock.now()
        publish(self.app, [Message.of(call, backend=self.alias, now=now) for call in calls])
        results = [self._result(expected(call)) for call in calls]
        self.tell(results)
        return results

    def get(self, job_id: UUID) -> JobResult:
        return self.get_many([job_id])[job_id]

    def get_many(self, ids: Sequence[UUID]) -> dict[UUID, JobResult]:
        from tasks_core.backends.celery import records

        found = records.find_many(self.app, ids)
        return {job_id: self._result(snapshot) for job_id, snapshot in found.items()}

    def cancel(self, ids: Sequence[UUID]) -> Stopped:
        """Tell the workers to drop these jobs; whoever runs already is not stopped."""
        from tasks_core.backends.celery.revoking import revoke

        revoke(self.app, ids)
        return Stopped(0, len(ids))

    def check(self) -> list[CheckMessage]:
        from tasks_core.backends.celery.checks import check_app

        return [*super().check(), *check_app(self)]

    @cached_property
    def _keeps_results(self) -> bool:
        app = self.app
        from tasks_core.backends.celery import records

        return records.are_kept(app)

    def _result(self, snapshot: Snapshot) -> JobResult:
        return JobResult(snapshot, backend=self)
