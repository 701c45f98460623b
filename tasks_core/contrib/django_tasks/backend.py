"""Django's calls -> ours, and our records -> Django's results."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from tasks_core import compat, conf, ids, registry
from tasks_core.backends import job_backends
from tasks_core.background import Background
from tasks_core.calls import Call
from tasks_core.contrib.django_tasks import results
from tasks_core.contrib.django_tasks.declared import JobTask, options_of
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall, UnknownTask
from tasks_core.results import JobResult, Record

KNOWN = 1024  # tasks


class TasksBackend(compat.BaseTaskBackend):
    """
    Keeps the tasks of Django where ``OPTIONS={"backend": alias}`` of JOBS keeps its jobs.

    They are stored as that backend stores, in the caller's transaction if it does, and run by
    ``run_worker``. A task may say our options too: ``@task(max_attempts=3, timeout=60)``.
    """

    task_class = JobTask
    supports_async_task = True
    supports_priority = True

    def __init__(self, alias: str, params: Mapping[str, Any]) -> None:
        # Called while modules with tasks are imported: no backend of JOBS is built yet.
        super().__init__(alias, dict(params))
        self.jobs_alias: str = self.options.get("backend", conf.DEFAULT_ALIAS)
        self._background = Background(self.jobs_alias)
        self._accepted: dict[int, compat.AnyTask] = {}
        self._seen: set[Any] = set()  # functions
        self._tasks: dict[Any, Task[Any, Any]] = {}

    @property
    def supports_defer(self) -> bool:  # type: ignore[override]
        return self._can("defer")

    @property
    def supports_get_result(self) -> bool:  # type: ignore[override]
        return self._can("record")

    def validate_task(self, task: compat.AnyTask) -> None:
        """Raise InvalidTask, as Django does, and for a function that no worker would find."""
        super().validate_task(task)
        if task.func not in self._seen:
            _declare(task)
            self._seen.add(task.func)

    def enqueue(  # type: ignore[override]
        self, task: compat.AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> compat.AnyResult:
        """
        Store one call; return its result, or that of the job which holds the task's ``key``.

        Raises InvalidTask, and InvalidCall, a ValueError, for arguments that do not fit the
        function or that no store keeps.
        """
        # One that was accepted by these very QUEUES need not be looked at again for each call.
        if self._accepted.get(id(task)) is not task:
            self._accept(task)
        said = options_of(task)
        in_band = job_backends[self.jobs_alias].in_band
        call = Call(
            self._ours(task),
            args,
            kwargs,
            when=task.run_after,
            priority=task.priority,
            queue=task.queue_name,
            id=ids.job_id() if in_band or "key" in said else None,
            context=results.kept_with_job(task, self.alias, declared=self._declared(task)),
            **said,
        )
        if in_band:  # it will have started and finished when we know of it
            self._tell_enqueued(results.asked(task, call, alias=self.alias))
        job = self._stored(call)
        result = results.stored(task, call, job, alias=self.alias)
        # With another id it is the job that holds the key, and nothing is new.
        if not in_band and call.id in {None, job.id}:
            self._tell_enqueued(result)
        return result

    def _accept(self, task: compat.AnyTask) -> None:
        self.validate_task(task)
        if len(self._accepted) >= KNOWN:  # made by using(…) for each call
            self._accepted.clear()
        self._accepted[id(task)] = task

    def _stored(self, call: Call) -> JobResult:
        try:
            return self._background.enqueue_many([call])[0]
        except InvalidCall:
            # Django takes a little more for JSON than we do, and says differently what is none.
            args, kwargs = results.normal(call.args, call.kwargs)
            return self._background.enqueue_many([replace(call, args=args, kwargs=kwargs)])[0]

    def _tell_enqueued(self, result: compat.AnyResult) -> None:
        compat.task_enqueued.send(type(self), task_result=result)

    def get_result(self, result_id: str) -> compat.AnyResult:
        """Return the job with this id as it is now; raise TaskResultDoesNotExist."""
        record = self._record(result_id)
        try:
            foreign = None if record is None else registry.resolve(record.task).foreign
        except UnknownTask:
            foreign = None  # this release of the code has no such task
        if record is None or foreign is None:
            raise compat.TaskResultDoesNotExist(result_id)
        return results.recorded(foreign, record, alias=self.alias)

    def _record(self, result_id: str) -> Record | None:
        backend: Any = job_backends[self.jobs_alias]
        if not self.supports_get_result:
            return super().get_result(result_id)  # type: ignore[return-value]  # raises
        try:
            found: Record | None = backend.record(UUID(result_id))
        except ValueError:
            return None  # no job has an id that is none
        return found

    def _ours(self, task: compat.AnyTask) -> Task[Any, Any]:
        """Return our task of a function, without options: a call of Django's says them all."""
        known = self._tasks.get(task.func)
        if known is None:
            known = self._tasks[task.func] = replace(registry.find(task), options={}, when=None)
        return known

    def _declared(self, task: compat.AnyTask) -> bool:
        """Say whether a job need not keep whose task it is, as its name leads there."""
        known = registry.declared().get(self._ours(task).name)
        return known is not None and known.foreign.backend == self.alias

    def _can(self, mode: str) -> bool:
        try:
            return job_backends[self.jobs_alias].supports(mode)
        except ImproperlyConfigured:
            return True  # a check says what is wrong, and so does the first call


def _declare(task: compat.AnyTask) -> None:
    """
    Let a task that is just being declared run: our workers list it and find it by its name.

    What ``using(…)`` made of one that its module has already is only for some calls.
    """
    from tasks_core.contrib.django_tasks.reading import read

    try:
        ours = read(task)
    except InvalidCall as error:
        raise compat.InvalidTask(str(error)) from error
    there = getattr(sys.modules.get(task.func.__module__), task.func.__name__, None)
    if not isinstance(there, compat.Task) or there.func is not task.func:
        registry.declare(ours)
