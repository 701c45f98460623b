"""What the server tells of its jobs."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tasks_core.backends.redis.calls import opened
from tasks_core.backends.redis.server import Server, instant, moment
from tasks_core.outcomes import AttemptError
from tasks_core.results import Record, Snapshot
from tasks_core.states import JobState

ASKED = ("state", "value", "errors", "att", "reason", "pdone", "ptotal")


def snapshots(server: Server, ids: Sequence[UUID]) -> dict[UUID, Snapshot]:
    """Return what is known of each of the jobs that exist."""
    pipeline = server.client.pipeline(transaction=False)
    for job_id in ids:
        pipeline.hmget(server.key("job", job_id.hex), ASKED)
    rows = zip(ids, pipeline.execute(), strict=True)
    return {job_id: _snapshot(job_id, *row) for job_id, row in rows if row[0] is not None}


def record(server: Server, job_id: UUID) -> Record | None:
    """Return all that is known of one job; nothing of one that was forged."""
    row = server.client.hgetall(server.key("job", job_id.hex))
    job = {name.decode(): value.decode() for name, value in row.items()}
    try:
        args, kwargs, beside = opened(job_id.hex, job["task"], job["call"])
    except (KeyError, ValueError):
        return None
    return Record(
        snapshot=_snapshot(job_id, *(row.get(name.encode()) for name in ASKED)),
        task=job["task"],
        args=args,
        kwargs=kwargs,
        queue=job["queue"],
        priority=int(job["pri"]),
        context=beside.get("context", {}),
        enqueued_at=instant(job["enq"]),
        started_at=moment(job.get("started")),
        finished_at=moment(job.get("finished")),
        worker=str(UUID(job["owner"])) if job.get("owner") else "",
    )


def _snapshot(  # noqa: PLR0917 - in the order of ASKED
    job_id: UUID,
    state: bytes,
    value: bytes | None,
    errors: bytes | None,
    attempts: bytes | None,
    reason: bytes | None,
    done: bytes | None,
    total: bytes | None,
) -> Snapshot:
    return Snapshot(
        id=job_id,
        status=JobState(state.decode()),
        value=_json(value),
        errors=[AttemptError(**error) for error in _json(errors) or []],
        attempts=int(attempts or 0),
        reason=(reason or b"").decode(),
        progress=None if done is None else (int(done), int(total) if total else None),
    )


def _json(text: bytes | None) -> Any:
    return json.loads(text) if text else None
