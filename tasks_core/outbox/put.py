"""nothing -> written: calls become rows of the outbox, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import connections, transaction

from tasks_core import clock, conf, ids
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import Call
from tasks_core.models import Outbox
from tasks_core.outbox.relay import relay
from tasks_core.outbox.results import Written
from tasks_core.outbox.written import write
from tasks_core.preparation import all_accepted, tasks_of
from tasks_core.results import JobResult, Snapshot
from tasks_core.states import JobState

GRACE = timedelta(seconds=5)  # who wrote it hands it over; from then on anybody may
AT_ONCE = 2.0  # seconds that a request waits for a backend; a sweeper has more


def put(
    backend: BaseJobBackend,
    calls: Sequence[Call],
    *,
    alias: str | None = None,
    at_once: bool = True,
) -> list[JobResult]:
    """
    Write down checked calls and return their jobs as they will be; delays count from now.

    They are handed over when the transaction on ``alias`` commits, in this process; what that
    comes to is logged, not raised, as the intent is safe. If not ``at_once``, a sweeper does it.
    """
    alias = conf.get("OUTBOX_DATABASE") if alias is None else alias
    now = clock.db_now(alias)
    new_ids = iter(ids.job_ids(sum(call.id is None for call in calls)))
    rows = [
        Outbox(
            id=call.id or next(new_ids),
            backend=backend.alias,
            call=write(call, now=now),
            stored_at=now,
            try_at=now + GRACE if at_once else now,
        )
        for call in calls
    ]
    Outbox.objects.using(alias).bulk_create(rows)
    if at_once:
        hand_over = partial(_hand_over, alias, backend, [row.pk for row in rows])
        transaction.on_commit(hand_over, using=alias, robust=True)
    return [_result(row.pk, call, backend) for row, call in zip(rows, calls, strict=True)]


def put_for_companion(
    backend: BaseJobBackend, calls: Sequence[Call], *, alias: str, at_once: bool
) -> None:
    """
    Write down unchecked calls that a companion of ours makes, with ids and contexts.

    What only accompanies a call is left out for a backend that cannot take it.
    """
    named, takes_any = backend.parameters("defer")
    if not takes_any and "label" not in named:
        calls = [replace(call, label="") for call in calls]
    stored = all_accepted(backend, calls, tasks_of(calls))
    put(backend, stored, alias=alias, at_once=at_once)


def _hand_over(alias: str, backend: BaseJobBackend, written: Sequence[UUID]) -> None:
    """Do so now, or when a transaction of this thread ends that the jobs would be part of."""
    work = partial(relay, alias, written, seconds=AT_ONCE)
    if backend.database is not None and connections[backend.database].in_atomic_block:
        transaction.on_commit(work, using=backend.database, robust=True)
    else:
        work()


def _result(row_id: UUID, call: Call, backend: BaseJobBackend) -> JobResult:
    status = JobState.READY if call.when is None else JobState.SCHEDULED
    return Written(Snapshot(id=row_id, status=status), backend=backend)
