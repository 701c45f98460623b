"""The front door: check a call, then hand it to the backend in the words it understands."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Unpack
from uuid import UUID

from asgiref.sync import sync_to_async

from tasks_core import conf
from tasks_core.backends import job_backends
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import Call
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall, JobDoesNotExist, UnsupportedFeature
from tasks_core.options import Options, When
from tasks_core.preparation import (
    accepted,
    all_accepted,
    is_durable,
    mode_of,
    said,
    tasks_of,
)
from tasks_core.results import JobResult, Snapshot


class Background:
    """Stores calls on one backend. ``background`` is the one for the alias "default"."""

    def __init__(self, alias: str | None = None) -> None:
        self._alias = alias

    def __repr__(self) -> str:
        return f"<Background {self._alias or conf.DEFAULT_ALIAS}>"

    def on(self, alias: str) -> "Background":
        """Return the front door of another backend of the JOBS setting."""
        return Background(alias)

    def enqueue(
        self,
        func: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[Options],
    ) -> JobResult:
        """
        Store one call of ``func``, to run soon, or when the task says: ``task.using(when=…)``.

        ``func`` is a function at the top of a module, its dotted path, or a task; arguments are
        JSON. Raises InvalidCall when it cannot be stored and UnsupportedFeature, naming the
        option, when the backend cannot do what is asked.
        """
        call = said(func, args, kwargs, when=None, options=options)
        return self._store(mode_of(call), call)

    def defer(
        self,
        func: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        when: When,
        **options: Unpack[Options],
    ) -> JobResult:
        """
        Store one call of ``func`` that must not start before ``when``.

        ``when`` is an aware datetime, a naive one (taken in the default time zone) or a
        timedelta from now. Raises as ``enqueue`` does.
        """
        return self._store("defer", said(func, args, kwargs, when=when, options=options))

    def enqueue_many(self, calls: Iterable[Call]) -> list[JobResult]:
        """
        Store many calls, in one go where the backend can.

        Nothing is stored unless every call is accepted. All go to one backend.
        """
        given = list(calls)
        tasks = tasks_of(given)
        backend = self._backend_of_all(tasks)
        stored = all_accepted(backend, given, tasks)
        durable = [is_durable(backend, call) for call in stored]
        if any(durable):
            kept = iter(_put(backend, list(compress(stored, durable))))
            others = [call for call, is_kept in zip(stored, durable, strict=True) if not is_kept]
            stored_now = iter(self._hand_over_many(backend, others))
            return [next(kept if is_kept else stored_now) for is_kept in durable]
        return self._hand_over_many(backend, stored)

    def _hand_over_many(self, backend: BaseJobBackend, stored: list[Call]) -> list[JobResult]:
        if backend.supports("enqueue_many"):
            results: list[JobResult] = backend.enqueue_many(stored)  # type: ignore[attr-defined]
            return results
        return [self._hand_over(backend, mode_of(call), call) for call in stored]

    def get(self, job_id: UUID | str) -> JobResult:
        """
        Return the job with this id, as it is now.

        Raises JobDoesNotExist, and UnsupportedFeature where the backend keeps no results.
        """
        backend = job_backends[self._alias or conf.DEFAULT_ALIAS]
        if not backend.supports("get"):
            raise UnsupportedFeature(f"{backend} keeps no results that could be asked for.")
        try:
            found = backend.get(UUID(str(job_id)))  # type: ignore[attr-defined]
        except ValueError:
            found = None  # no job has an id that is none
        if not isinstance(found, JobResult):
            raise JobDoesNotExist(f"No job {job_id!s:.80} in {backend}; it may have been pruned.")
        return found

    async def aget(self, job_id: UUID | str) -> JobResult:
        """Do what ``get`` does without blocking the event loop."""
        return await sync_to_async(self.get)(job_id)

    async def aenqueue(
        self,
        func: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[Options],
    ) -> JobResult:
        """Do what ``enqueue`` does without blocking the event loop."""
        call = said(func, args, kwargs, when=None, options=options)
        return await self._astore(mode_of(call), call)

    async def adefer(
        self,
        func: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        when: When,
        **options: Unpack[Options],
    ) -> JobResult:
        """Do what ``defer`` does without blocking the event loop."""
        return await self._astore("defer", said(func, args, kwargs, when=when, options=options))

    def backend_for(self, call: Call) -> BaseJobBackend:
        """Return the backend chosen by ``on()``, else the one that the task declares."""
        return job_backends[self._alias or call.func.backend]

    def _store(self, mode: str, call: Call) -> JobResult:
        backend = self.backend_for(call)
        return self._keep(backend, mode, accepted(backend, mode, call))

    def _keep(self, backend: BaseJobBackend, mode: str, call: Call) -> JobResult:
        if is_durable(backend, call):
            return _put(backend, [call])[0]
        return self._hand_over(backend, mode, call)

    async def _astore(self, mode: str, call: Call) -> JobResult:
        backend = self.backend_for(call)
        twin = f"a{mode}"
        if not backend.supports(twin) or is_durable(backend, call):
            return await sync_to_async(self._store)(mode, call)
        # In a thread, since the backend's clock may be a database's.
        stored = await sync_to_async(accepted)(backend, twin, call)
        return result_of(await backend.receive(twin, stored), backend)

    def _hand_over(self, backend: BaseJobBackend, mode: str, call: Call) -> JobResult:
        return result_of(backend.receive(mode, call), backend)

    def _backend_of_all(self, tasks: Iterable[Task[Any, Any]]) -> BaseJobBackend:
        aliases = {self._alias} if self._alias else {task.backend for task in tasks}
        if len(aliases) > 1:
            raise InvalidCall(
                f"enqueue_many() got tasks of several backends ({', '.join(sorted(aliases))}); "
                "choose one with background.on(alias)."
            )
        return job_backends[next(iter(aliases), conf.DEFAULT_ALIAS)]


background = Background()


def _put(backend: BaseJobBackend, calls: Sequence[Call]) -> list[JobResult]:
    from tasks_core import outbox  # with models, which cannot be imported as early as we are

    return outbox.put(backend, calls)


def result_of(answer: Any, backend: BaseJobBackend) -> JobResult:
    """Return what a backend answered; a backend of the RFC's kind answers nothing."""
    if isinstance(answer, JobResult):
        return answer
    return JobResult(Snapshot(id=None), backend=backend)
