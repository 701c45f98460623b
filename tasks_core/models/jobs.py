"""What is done to jobs, by the arrows: ``Job.objects.failed().for_task(send).retry()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from asgiref.sync import sync_to_async

from tasks_core import batches
from tasks_core.backends import job_backends
from tasks_core.background import background
from tasks_core.calls import Call
from tasks_core.exceptions import InvalidCall
from tasks_core.models.queries import JobQuerySet

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend
    from tasks_core.backends.served.told import Stopped
    from tasks_core.models.job import Job
    from tasks_core.options import When
    from tasks_core.results import JobResult

# What says who a job is for, and moves nothing.
FREE = frozenset({"label", "creator"})


class Jobs(JobQuerySet):
    """
    ``Job.objects``: which jobs, and what becomes of them.

    Each verb is an arrow of the backend that keeps its jobs in this database: it looks at the
    state again when it moves a job, sends the signals, and counts what it moved.
    """

    # A job is the call of a function, not a row of values.
    def create(
        self,
        func: Callable[..., Any] | str | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        when: When | None = None,
        **options: Any,
    ) -> Job:
        """
        Store a call as ``background.enqueue()`` does, or with ``when`` ``defer()``; return its job.

        Raises InvalidCall for what cannot be stored.
        """
        if func is None:
            raise InvalidCall(
                "Job.objects.create() stores the call of a function: create(send, [address]). To "
                "allow only one unfinished job, pass key=."
            )
        door = background.on(self.backend.alias)
        if when is not None:
            stored = door.defer(func, args, kwargs or {}, when=when, **options)
        else:
            stored = door.enqueue(func, args, kwargs or {}, **options)
        return self.model.objects.using(self.db).get(pk=stored.id)

    def retry(self) -> int:
        """Make the failed and cancelled ones ready again; return how many were."""
        return sum(map(self.backend.retry, self._batches()))

    def cancel(self) -> Stopped:
        """Cancel those that wait, and ask those that run to stop; return how many of each."""
        from tasks_core.backends.served.told import Stopped

        stopped = list(map(self.backend.cancel, self._batches()))
        return Stopped(*map(sum, zip((0, 0), *stopped, strict=True)))

    def reschedule(
        self,
        *,
        when: When | None = None,
        queue: str | None = None,
        priority: int | None = None,
    ) -> int:
        """
        Change when, where or how soon those run that nobody has claimed; return how many did.

        Raises InvalidCall for what enqueue() and defer() refuse, and if nothing is to change.
        """
        told = {"when": when, "queue": queue, "priority": priority}
        given: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        if not given:
            raise InvalidCall("reschedule() changes when=, queue= or priority=; say one of them.")
        backend = self.backend
        call = Call(None, **given).checked(now=backend.now)
        changes = {name: getattr(call, name) for name in given}
        return sum(backend.reschedule(batch, **changes) for batch in self._batches())

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove those that do not run, and return what Django's ``delete()`` does."""
        count = sum(map(self.backend.delete, self._batches()))
        return count, {self.model._meta.label: count} if count else {}

    def run(self) -> list[JobResult]:
        """Run those that are due here and now, one after the other; return those that ran."""
        from tasks_core.processes.foreground import run_ready

        backend, ran = self.backend, dict[UUID, None]()
        for batch in self._batches():
            ran |= {attempt.job_id: None for attempt, _ in run_ready(backend, ids=batch)}
        found = backend.get_many(list(ran))
        return [found[job_id] for job_id in ran if job_id in found]

    async def acreate(self, *args: Any, **kwargs: Any) -> Job:
        return await sync_to_async(self.create)(*args, **kwargs)

    async def aretry(self) -> int:
        return await sync_to_async(self.retry)()

    async def acancel(self) -> Stopped:
        return await sync_to_async(self.cancel)()

    async def areschedule(self, **changes: Any) -> int:
        return await sync_to_async(self.reschedule)(**changes)

    async def arun(self) -> list[JobResult]:
        return await sync_to_async(self.run)()

    def update(self, **values: Any) -> int:
        """Change what says who a job is for: ``label`` and ``creator``. Raises InvalidCall else."""
        owned = values.keys() - FREE
        owned |= {name for name, value in values.items() if hasattr(value, "resolve_expression")}
        if owned:
            _refuse(f"update({', '.join(sorted(owned))}=…)")
        call = Call(None, **values).checked()
        return super().update(**{name: getattr(call, name) for name in values})

    def bulk_create(self, objs: Iterable[Job], *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: ``background.enqueue_many()`` stores many calls at once."""
        raise InvalidCall(
            "Job.objects.bulk_create() would store rows that no worker was told of: give calls to "
            "background.enqueue_many([Call(func, args), …])."
        )

    @property
    def backend(self) -> DatabaseBackend:
        """Return the backend that keeps its jobs in this database, from which is read, too."""
        self._for_write = True  # a replica has no backend, and may not know yet what was changed
        return job_backends.of_database(self.db)

    def _batches(self) -> Iterator[Sequence[UUID]]:
        """Yield the ids of those that there are now: what a job enqueues meanwhile is not meant."""
        if self.query.combinator:
            raise InvalidCall(f"A {self.query.combinator}() cannot be changed: use | or &.")
        if self.query.is_sliced:
            yield from batches.batches(list(self.values_list("pk", flat=True)))
            return
        ids = self.order_by("pk").values_list("pk", flat=True)
        ids.query.standard_ordering = True  # also of a reverse()
        newest, batch = ids.last(), list(ids[: batches.SIZE])
        while batch:
            yield batch
            batch = list(ids.filter(pk__gt=batch[-1], pk__lte=newest)[: batches.SIZE])


def _refuse(what: str) -> NoReturn:
    raise InvalidCall(
        f"Job.objects.{what} would pass by the arrows, and by the workers that rely on them: use "
        ".retry(), .cancel(), .reschedule() or .delete()."
    )
