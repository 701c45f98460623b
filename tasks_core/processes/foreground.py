"""Run jobs here and now, one after the other, in the calling thread."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tasks_core import executor
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Outcome
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.signals import job_settled, job_started, ownership_lost

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend


def run_ready(
    backend: "ServedBackend",
    *,
    queues: Sequence[str] | None = None,
    ids: Sequence[UUID] | None = None,
) -> Iterator[tuple[Attempt, Outcome]]:
    """Claim, run and settle job after job until none is ready; yield how each attempt ended."""
    heartbeat = Heartbeat(backend, kind="worker", queues=queues)
    heartbeat.start()
    try:
        while True:
            backend.dispatch()
            if ids is None:
                backend.expire()
            claimed = _claim(backend, heartbeat.owner, queues=queues, ids=ids)
            if not claimed:
                return
            for attempt in claimed:
                yield run_one(backend, attempt)
    finally:
        heartbeat.stop()


def _claim(
    backend: "ServedBackend",
    owner: UUID,
    *,
    queues: Sequence[str] | None,
    ids: Sequence[UUID] | None,
) -> list[Attempt]:
    claimed = backend.claim(owner=owner, limit=1, queues=queues, ids=ids)
    if claimed or ids is not None:
        return claimed
    # What is committed lets parked jobs through, and in the transaction of a test nothing is.
    backend.admit_all()
    return backend.claim(owner=owner, limit=1, queues=queues) or backend.claim(
        owner=owner, limit=1, queues=queues, alone=True
    )


def run_one(backend: "ServedBackend", attempt: Attempt) -> tuple[Attempt, Outcome]:
    """Run one claimed job and settle it."""
    sender = type(backend)
    attempt.watch.start()
    job_started.send_robust(sender, attempt=attempt)
    outcome = executor.execute(attempt)
    seconds = attempt.watch.stop()
    [state] = backend.settle([(attempt, outcome)])
    if state is None:
        ownership_lost.send_robust(sender, attempt=attempt, outcome=outcome)
    else:
        job_settled.send_robust(sender, attempt=attempt, outcome=outcome, seconds=seconds)
    return attempt, outcome
