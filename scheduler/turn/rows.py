"""A decision -> the call of its job, and its row in the ledger; neither is stored here."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from scheduler.choices import Outcome, Overlap
from scheduler.models import Occurrence
from scheduler.planner import Decision
from scheduler.turn.due import Row
from scheduler.turn.work import Work
from tasks_core import Call, ids
from tasks_core.exceptions import UnknownTask


def job_id(row: Row, decision: Decision, *, batch: str = "") -> UUID:
    """Return the id that every process derives for this occurrence's job."""
    return ids.occurrence_id(row.key, decision.due_at, batch)


def job_id_of(row: Row, decision: Decision, *, batch: str = "") -> UUID | None:
    """Return it where there is a job."""
    made = decision.outcome == Outcome.ENQUEUED
    return job_id(row, decision, batch=batch) if made else None


def occurrence_of(row: Row, decision: Decision, *, batch: str = "", **recorded: Any) -> Occurrence:
    """Return the ledger row, not saved."""
    return Occurrence(
        schedule_key=row.key,
        due_at=decision.due_at,
        until_at=decision.until_at,
        batch=batch,
        count=decision.count,
        outcome=decision.outcome,
        reason=decision.reason,
        job_id=job_id_of(row, decision, batch=batch),
        definition_hash=row.definition_hash,
        **recorded,
    )


def call_of(work: Work, decision: Decision) -> Call:
    """Return the call of a decided job: the row's options, and the context that it may ask for."""
    row, task = work.row, work.task
    if task is None:
        raise UnknownTask(f"{row.task!r:.200} was not resolved.")
    options = {
        **task.declared,
        "queue": row.queue,
        "priority": row.priority,
        "max_attempts": row.max_attempts,
        "label": row.key,
        "creator": work.creator or "",
    }
    args, kwargs = work.computed.get(decision.due_at, (row.args, row.kwargs))
    return Call(
        task.task,
        args,
        kwargs,
        when=_start(work, decision),
        id=job_id(row, decision, batch=work.batch),
        context=context_of(row, decision, batch=work.batch),
        **options,
    )


def offset(key: str, splay: timedelta) -> timedelta:
    """Return by how much the jobs of a schedule are put off: always the same, below ``splay``."""
    if not splay:
        return timedelta(0)
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return timedelta(seconds=int(share * splay.total_seconds()))


def context_of(row: Row, decision: Decision, *, batch: str = "") -> dict[str, Any]:
    """Return what the job is told about its due time, as JSON; see ``JobContext``."""
    context = {
        "key": row.key,
        **decision.times,
        "is_backfill": batch.startswith("backfill"),
    }
    # For who notes its end: a due time may wait for it.
    return context | {"awaited": True} if row.overlap == Overlap.QUEUE_ONE else context


def _start(work: Work, decision: Decision) -> datetime | None:
    """Return until when the job waits, for its splay; a time that is over means at once."""
    row = work.row
    if work.batch:
        return work.starts.get(decision.due_at)
    return decision.due_at + offset(row.key, row.splay) if row.splay else None
