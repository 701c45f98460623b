"""What we know of a job, in Django's words: TaskResult and TaskContext."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from tasks_core import clock, compat, ids
from tasks_core.attempts import Attempt
from tasks_core.calls import Call
from tasks_core.exceptions import JobCancelled
from tasks_core.outcomes import AttemptError
from tasks_core.results import JobResult, Record, Snapshot, Status
from tasks_core.states import JobState

S, T = JobState, compat.TaskResultStatus
STATUS: Mapping[Status, compat.TaskResultStatus] = {
    S.SCHEDULED: T.READY,
    S.READY: T.READY,
    S.RUNNING: T.RUNNING,
    S.SUCCESSFUL: T.SUCCESSFUL,
    S.FAILED: T.FAILED,
    S.CANCELLED: T.FAILED,
}
"""Django knows four states; of an unknown one it is only known that it was stored."""

WAITING = frozenset({S.SCHEDULED, S.READY})

# Kept with the job: what Django's Task says and our row does not.
BACKEND, RUN_AFTER = "tasks_backend", "tasks_run_after"
SOMEBODY = "unknown"  # who ran an earlier attempt is not kept, only that there was one


def kept_with_job(task: compat.AnyTask, alias: str, *, declared: bool) -> dict[str, Any]:
    """Return what a job must keep so that its task can be shown as it was asked for."""
    kept: dict[str, Any] = {} if declared else {BACKEND: alias}
    if task.run_after is not None:
        kept[RUN_AFTER] = task.run_after.isoformat()
    return kept


def asked(task: compat.AnyTask, call: Call, *, alias: str) -> compat.AnyResult:
    """Return the result of a call that is about to be stored, under an id that it has already."""
    shown = Snapshot(id=call.id, status=S.READY)
    return _of_call(task, call, shown, alias=alias)


def stored(task: compat.AnyTask, call: Call, job: JobResult, *, alias: str) -> compat.AnyResult:
    """Return the result of a call that has just been stored, or run if that was in-band."""
    shown = job._snapshot  # noqa: SLF001 - what it says now, of whatever state
    if shown.id is not None and shown.attempts == 0 and shown.status in WAITING:
        return _new(task, call, shown.id, alias=alias)
    if not job.is_finished:
        return _of_call(task, call, shown, alias=alias)
    began = None if shown.id is None else ids.made_at(shown.id)
    return _of_call(task, call, shown, alias=alias, started_at=began, finished_at=clock.now())


def _new(task: compat.AnyTask, call: Call, job_id: UUID, *, alias: str) -> compat.AnyResult:
    """Return the result of what waits, which is nearly all that is asked for: in one step."""
    said: Any = {"args": call.args, "kwargs": call.kwargs}
    return compat.TaskResult(
        task=task,
        id=str(job_id),
        status=T.READY,
        enqueued_at=ids.made_at(job_id),
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        backend=alias,
        errors=[],
        worker_ids=[],
        **said,
    )


def _of_call(
    task: compat.AnyTask, call: Call, shown: Snapshot, *, alias: str, **times: Any
) -> compat.AnyResult:
    job_id = shown.id or call.id or ids.job_id()  # not every backend says
    told: Any = {"args": call.args, "kwargs": call.kwargs, **times}
    return _result(task, shown, job_id=job_id, backend=alias, **told)


def normal(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments as Django's backends store them. Raises what Django raises."""
    plain: Any = compat.normalize_json([args, kwargs])
    return plain[0], plain[1]


def recorded(foreign: compat.AnyTask, record: Record, *, alias: str) -> compat.AnyResult:
    """Return the result of a job as a backend knows it."""
    shown = record.snapshot
    assert shown.id is not None  # noqa: S101 - it was found by it
    return _result(
        _as_asked(foreign, record, alias=alias),
        shown,
        job_id=shown.id,
        backend=record.context.get(BACKEND, alias),
        args=record.args,
        kwargs=record.kwargs,
        enqueued_at=record.enqueued_at,
        started_at=record.started_at if shown.attempts else None,
        finished_at=record.finished_at,
        worker=record.worker,
    )


def attempted(
    foreign: compat.AnyTask, attempt: Attempt, shown: Snapshot, **times: datetime
) -> compat.AnyResult:
    """Return the result of a job whose attempt has just begun or ended in this process."""
    return _result(
        _as_asked(foreign, attempt, alias=foreign.backend),
        shown,
        job_id=attempt.job_id,
        backend=attempt.context.get(BACKEND, foreign.backend),
        args=attempt.args,
        kwargs=attempt.kwargs,
        worker=str(attempt.owner or SOMEBODY),
        **times,
    )


def running(foreign: compat.AnyTask, attempt: Attempt) -> compat.AnyResult:
    errors = [AttemptError(**error) for error in attempt.errors]
    shown = Snapshot(id=None, status=S.RUNNING, attempts=attempt.number, errors=errors)
    return attempted(foreign, attempt, shown, started_at=clock.now())


def context(foreign: compat.AnyTask, attempt: Attempt) -> compat.AnyContext:
    """Return what a task of Django's that takes a context is given."""
    return compat.TaskContext(task_result=running(foreign, attempt))


def _result(
    task: compat.AnyTask,
    shown: Snapshot,
    *,
    job_id: UUID,
    enqueued_at: datetime | None = None,
    started_at: datetime | None = None,
    worker: str = SOMEBODY,
    finished_at: datetime | None = None,
    **call: Any,
) -> compat.AnyResult:
    result: compat.AnyResult = compat.TaskResult(
        task=task,
        id=str(job_id),
        status=STATUS.get(shown.status, T.READY),
        # By the id, so that it is the same in the hand of the caller, of the task, and later.
        enqueued_at=ids.made_at(job_id) or enqueued_at,
        started_at=started_at,
        finished_at=finished_at,
        last_attempted_at=started_at,
        errors=list(_errors(shown)),
        worker_ids=[*[SOMEBODY] * (shown.attempts - 1), worker or SOMEBODY][: shown.attempts],
        **call,
    )
    if shown.value is not None:
        object.__setattr__(result, "_return_value", shown.value)  # as Django's own backends do
    return result


def _errors(shown: Snapshot) -> Iterable[compat.TaskError]:
    for error in shown.errors:
        yield compat.TaskError(exception_class_path=error.exception, traceback=error.traceback)
    if shown.status == S.CANCELLED:  # which Django calls failed, and asks why
        path = f"{JobCancelled.__module__}.{JobCancelled.__qualname__}"
        yield compat.TaskError(exception_class_path=path, traceback=shown.reason)


def _as_asked(foreign: compat.AnyTask, job: Attempt | Record, *, alias: str) -> compat.AnyTask:
    """Return the task as ``using(…)`` made it for this job."""
    run_after = job.context.get(RUN_AFTER)
    asked = {
        "priority": job.priority,
        "queue_name": job.queue,
        "backend": job.context.get(BACKEND, alias),
        "run_after": None if run_after is None else datetime.fromisoformat(run_after),
    }
    if all(getattr(foreign, name) == value for name, value in asked.items()):
        return foreign
    # Not by replace(), which would ask today's QUEUES about a job that was accepted long ago.
    copy: compat.AnyTask = object.__new__(type(foreign))
    for each in fields(foreign):
        object.__setattr__(copy, each.name, asked.get(each.name, getattr(foreign, each.name)))
    return copy
