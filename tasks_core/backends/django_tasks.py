"""A backend of Django's TASKS as one of ours: jobs for django-tasks-db, RQ or steady-queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from tasks_core import compat, conf, ids
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.exceptions import InvalidCall, InvalidJobBackend, JobDoesNotExist
from tasks_core.outcomes import AttemptError
from tasks_core.results import JobResult, Snapshot, Status
from tasks_core.states import JobState

NAMED = frozenset({"func", "args", "kwargs", "when", "queue", "priority", "id", "context"})
T = compat.TaskResultStatus
STATES: Mapping[compat.TaskResultStatus, Status] = {
    T.RUNNING: JobState.RUNNING,
    T.SUCCESSFUL: JobState.SUCCESSFUL,
    T.FAILED: JobState.FAILED,
}
OURS = f"{__name__}.job_id"
_id: ContextVar[UUID | None] = ContextVar("job_id", default=None)


def job_id() -> UUID:
    """
    Return the id of the call that is being stored, or a new one.

    For backends of TASKS that let their ids be chosen, such as django-tasks-db with
    ``OPTIONS={"id_function": "tasks_core.backends.django_tasks.job_id"}``: they know a call
    that they are given twice, and our jobs are found again there.
    """
    return _id.get() or ids.job_id()


class DjangoTasksBackend(StoringBackend):
    """
    Keeps jobs in ``OPTIONS={"alias": …}`` of TASKS, whose own workers run them.

    A task of Django's travels as itself; functions and tasks of ours in one that looks them up
    in our registry. Options that Django's tasks do not have are refused, as are deferred calls,
    priorities and questions where that backend does not support them.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.tasks_alias: str = options.get("alias", conf.DEFAULT_ALIAS)
        self.in_band = isinstance(_joined(self.tasks_alias), compat.ImmediateBackend)

    @property
    def tasks(self) -> compat.BaseTaskBackend:
        return compat.task_backends[self.tasks_alias]  # each thread has its own

    def supports(self, mode: str) -> bool:
        match mode:
            case "defer" | "adefer":
                able = self.tasks.supports_defer
            case "get":
                able = self.tasks.supports_get_result
            case "get_many":
                able = self.tasks.supports_get_result and self.keeps_ids
            case _:
                able = True
        return able and super().supports(mode)

    @property
    def keeps_ids(self) -> bool:
        """Say whether the results in TASKS have the ids of our jobs."""
        return self.tasks.options.get("id_function") in {OURS, job_id}

    def parameters(self, mode: str) -> tuple[frozenset[str], bool]:
        return NAMED if self.tasks.supports_priority else NAMED - {"priority"}, False

    def vet(self, call: Call) -> None:
        self._task(call)

    def store(self, call: Call) -> JobResult:
        task, foreign = self._task(call), call.func.foreign
        pk = call.id or ids.job_id()
        with _named(pk):
            if foreign is not None:
                result = self.tasks.enqueue(task, list(call.args), dict(call.kwargs))
            else:
                about = {"id": str(pk), "backend": self.alias, "context": dict(call.context)}
                said = {"task": call.func.name, "args": call.args, "kwargs": call.kwargs}
                result = self.tasks.enqueue(task, [], {**said, "job": about})
        return TaskJobResult(result, backend=self)

    def get(self, job_id: UUID) -> JobResult | None:
        try:
            found = self.tasks.get_result(str(job_id))
        except compat.TaskResultDoesNotExist:
            return None
        return TaskJobResult(found, backend=self)

    def get_many(self, ids: Sequence[UUID]) -> dict[UUID, JobResult]:
        found = {pk: self.get(pk) for pk in ids}
        return {pk: result for pk, result in found.items() if result is not None}

    def check(self) -> list[CheckMessage]:
        unknown = set(self.options) - {"alias"}
        if not unknown:
            return []
        return [
            Error(
                f"{self}: unknown OPTIONS {', '.join(sorted(map(str, unknown)))}.",
                hint='The only option is {"alias": "alias of TASKS"}.',
                id="tasks_core.E003",
            )
        ]

    def _task(self, call: Call) -> compat.AnyTask:
        """Return the task that travels, as TASKS accepts it; raise InvalidCall."""
        from tasks_core.contrib.django_tasks.shim import run_call

        task = run_call if call.func.foreign is None else call.func.foreign
        said: dict[str, Any] = {
            "backend": self.tasks_alias,
            "queue_name": call.queue,
            "priority": call.priority,
            "run_after": call.when,
        }
        try:
            if isinstance(task, self.tasks.task_class):
                return replace(task, **said)
            said |= {"func": task.func, "takes_context": task.takes_context}
            return self.tasks.task_class(**said)
        except compat.InvalidTask as error:
            raise InvalidCall(f"{self}: {error}") from error


class TaskJobResult(JobResult):
    """The job as TASKS shows it; ``task_result`` is what its backend gave us."""

    def __init__(self, task_result: compat.AnyResult, *, backend: DjangoTasksBackend) -> None:
        super().__init__(_snapshot(task_result), backend=backend)
        self.task_result = task_result

    def refresh(self) -> None:
        if not self.backend.supports("get"):
            super().refresh()  # says that it keeps no results
        try:
            self.task_result.refresh()
        except compat.TaskResultDoesNotExist as error:
            raise JobDoesNotExist(f"No job {self.task_result.id} in {self.backend}.") from error
        self._snapshot = _snapshot(self.task_result)


def _snapshot(result: compat.AnyResult) -> Snapshot:
    waits = JobState.READY if result.task.run_after is None else JobState.SCHEDULED
    status = STATES.get(result.status, waits)
    return Snapshot(
        id=_uuid(result.id),
        status=status,
        value=result.return_value if status == JobState.SUCCESSFUL else None,
        errors=[_error(error, at) for at, error in enumerate(result.errors, start=1)],
        attempts=result.attempts,
    )


def _error(error: compat.TaskError, attempt: int) -> AttemptError:
    lines = error.traceback.strip().splitlines() or [""]
    message = lines[-1].partition(": ")[2] or lines[-1]
    path = error.exception_class_path
    return AttemptError(path, message, error.traceback, attempt=attempt)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None  # an id of another kind: only the result itself can be asked


@contextmanager
def _named(pk: UUID) -> Iterator[None]:
    token = _id.set(pk)
    try:
        yield
    finally:
        _id.reset(token)


def _joined(alias: str) -> compat.BaseTaskBackend:
    """Return the backend of TASKS; raise InvalidJobBackend, also for one that leads back to us."""
    from tasks_core.contrib.django_tasks.backend import TasksBackend

    try:
        tasks = compat.task_backends[alias]
    except ImproperlyConfigured as error:
        known = ", ".join(sorted(compat.task_backends))
        raise InvalidJobBackend(
            f"DjangoTasksBackend: TASKS[{alias!r}] cannot be used: {error}",
            hint=f'Set "OPTIONS": {{"alias": …}} to one of TASKS: {known}.',
            check_id="tasks_core.E011",
        ) from error
    if isinstance(tasks, TasksBackend):
        raise InvalidJobBackend(
            f"DjangoTasksBackend: TASKS[{alias!r}] keeps its tasks in JOBS itself, so that jobs "
            "would go round in circles.",
            hint=f"Use the backend {tasks.jobs_alias!r} of JOBS instead of this one.",
            check_id="tasks_core.E013",
        )
    return tasks
