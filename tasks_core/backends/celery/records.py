"""What is known of a job -> the result backend of the Celery app, and back."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from celery import states

from tasks_core.backends.celery.connecting import App
from tasks_core.outcomes import AttemptError
from tasks_core.results import Snapshot
from tasks_core.states import JobState

logger = logging.getLogger("tasks_core")

CELERY_STATES = {
    JobState.SCHEDULED: states.RETRY,
    JobState.READY: states.RETRY,
    JobState.RUNNING: states.STARTED,
    JobState.SUCCESSFUL: states.SUCCESS,
    JobState.FAILED: states.FAILURE,
    JobState.CANCELLED: states.REVOKED,
}


class Record(Exception):
    """What is known of a job that failed, waits or was cancelled: Celery wants an exception."""


def are_kept(app: App) -> bool:
    """Say whether the app has a result backend that any process can ask."""
    configured = app.conf.result_backend
    return bool(configured) and not str(configured).startswith(("disabled", "rpc"))


def keep(app: App, snapshot: Snapshot) -> None:
    """Store what is known of a job. That nobody takes it is logged: the job goes on."""
    if not are_kept(app):
        return
    known = {name: value for name, value in asdict(snapshot).items() if name != "id"}
    state = CELERY_STATES[snapshot.status]  # type: ignore[index]
    try:
        result = Record(known) if state in states.EXCEPTION_STATES else known
        app.backend.store_result(str(snapshot.id), result, state)
    except Exception:
        logger.exception("what became of job %s could not be stored as a result", snapshot.id)


def find(app: App, job_id: UUID) -> Snapshot:
    """
    Return what is known of a job; its status is "unknown" when that is nothing.

    Celery cannot tell a job that waits for a worker from one that it never heard of.
    """
    meta = app.backend.get_task_meta(str(job_id), cache=False)
    result = meta.get("result")
    known: Any = result.args[0] if isinstance(result, Record) else result
    if not isinstance(known, dict) or "attempts" not in known:
        return Snapshot(id=job_id)
    return _read(job_id, known)


def find_for_worker(app: App, job_id: UUID) -> Snapshot | None:
    """Return the same, but None where results are not kept, or cannot be asked for now."""
    if not are_kept(app):
        return None
    try:
        return find(app, job_id)
    except Exception:
        logger.exception("what is known of job %s could not be asked for", job_id)
        return None


def find_many(app: App, ids: Sequence[UUID]) -> dict[UUID, Snapshot]:
    return {job_id: find(app, job_id) for job_id in ids}


def _read(job_id: UUID, known: dict[str, Any]) -> Snapshot:
    progress = known["progress"]
    return Snapshot(
        id=job_id,
        status=JobState(known["status"]),
        value=known["value"],
        errors=[AttemptError(**error) for error in known["errors"]],
        attempts=known["attempts"],
        reason=known["reason"],
        progress=None if progress is None else (progress[0], progress[1]),
    )
