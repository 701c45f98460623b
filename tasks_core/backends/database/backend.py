"""The backend itself: each method reads the clock once and hands over to its verb."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS

from tasks_core import clock, registry
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.leases import Renewal
from tasks_core.outcomes import AttemptError, Outcome
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import JobEnd, job_enqueued, jobs_ended, jobs_rescued
from tasks_core.states import FINAL, JobState

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt
    from tasks_core.models import Job, Process

# A backend may be built before models can be imported; so the verbs, which know them, are
# imported where they are called.


class DatabaseBackend(StoringBackend):
    """
    Stores jobs with Django's ORM, in the caller's transaction.

    OPTIONS={"database": alias} puts the queue into a database of its own.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.database: str = options.get("database", DEFAULT_DB_ALIAS)

    # Asked by callers.

    def store(self, call: Call) -> JobResult:
        return self.enqueue_many([replace(call, func=registry.find(call.func))])[0]

    def enqueue_many(self, calls: Sequence[Call]) -> list[JobResult]:
        from tasks_core.backends.database.enqueue import enqueue

        stored = enqueue(self.database, calls, now=self.now())
        results = [self._result(job) for job, _ in stored]
        for result, (_, is_new) in zip(results, stored, strict=True):
            if is_new:
                job_enqueued.send_robust(type(self), result=result)
        return results

    def get(self, job_id: UUID) -> JobResult | None:
        return self.get_many([job_id]).get(job_id)

    def get_many(self, ids: Sequence[UUID]) -> dict[UUID, JobResult]:
        from tasks_core.models import Job

        jobs = Job.objects.using(self.database).filter(pk__in=ids)
        return {job.pk: self._result(job) for job in jobs}

    # Asked by workers.

    def dispatch(self) -> int:
        from tasks_core.backends.database.dispatch import dispatch

        return dispatch(self.database, now=self.now())

    def next_run_after(self) -> datetime | None:
        from tasks_core.backends.database.dispatch import next_run_after

        return next_run_after(self.database)

    def claim(
        self,
        *,
        owner: UUID,
        limit: int,
        queues: Sequence[str] | None = None,
        ids: Sequence[UUID] | None = None,
    ) -> list[Attempt]:
        from tasks_core.backends.database.claim import claim

        return claim(
            self.database, owner=owner, limit=limit, now=self.now(), queues=queues, ids=ids
        )

    def start(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        from tasks_core.backends.database.claim import start

        return start(self.database, attempts, now=self.now())

    def settle(self, settled: Sequence[tuple[Attempt, Outcome]]) -> list[JobState | None]:
        from tasks_core.backends.database.settle import settle

        now = self.now()
        states = settle(self.database, settled, now=now)
        self._tell(
            [
                JobEnd(attempt.job_id, state, now, getattr(outcome, "reason", ""), attempt.context)
                for (attempt, outcome), state in zip(settled, states, strict=True)
                if state in FINAL and state is not None
            ]
        )
        return states

    def release(self, attempts: Sequence[Attempt]) -> int:
        from tasks_core.backends.database.release import release

        return release(self.database, attempts)

    def release_strays(self, owner: UUID, *, known: Collection[tuple[UUID, int]]) -> int:
        from tasks_core.backends.database.release import release_strays

        return release_strays(self.database, owner, known=known)

    def rescue(self, rescuer: UUID | None = None) -> int:
        """Take back the jobs of dead processes; see the verb for when this may be called."""
        from tasks_core.backends.database.rescue import rescue

        found = rescue(self.database, now=self.now(), rescuer=rescuer)
        for rescued in found:
            self._tell(rescued.ends)
            jobs_rescued.send_robust(type(self), process=rescued.process, count=rescued.count)
        return sum(rescued.count for rescued in found)

    def has_orphans(self, queues: Sequence[str] | None = None) -> bool:
        """Say whether some job, of these queues, is owned by a process whose lease has ended."""
        from tasks_core.backends.database.rescue import dead

        of_queues = {} if queues is None else {"jobs__queue__in": queues}
        return dead(self.database).filter(jobs__isnull=False, **of_queues).exists()

    def expire(self) -> int:
        from tasks_core.backends.database.cancel import expire

        return self._tell(expire(self.database, now=self.now()))

    # Asked by operators.

    def retry(self, ids: Sequence[UUID]) -> int:
        from tasks_core.backends.database.retry import retry

        return retry(self.database, ids, now=self.now())

    def cancel(self, ids: Sequence[UUID]) -> int:
        from tasks_core.backends.database.cancel import cancel

        return self._tell(cancel(self.database, ids, now=self.now()))

    def reschedule(self, ids: Sequence[UUID], **changes: Any) -> int:
        from tasks_core.backends.database.reschedule import reschedule

        return reschedule(self.database, ids, now=self.now(), **changes)

    def delete(self, ids: Sequence[UUID]) -> int:
        from tasks_core.backends.database.delete import delete

        return delete(self.database, ids)

    def prune(self, state: JobState, *, older_than: timedelta | None = None) -> Iterator[int]:
        from tasks_core.backends.database.prune import prune

        return prune(self.database, state, now=self.now(), older_than=older_than)

    # The lease of a process.

    def register(self, *, kind: str, queues: Sequence[str] | None, concurrency: int) -> Process:
        from tasks_core.backends.database.leases import register

        return register(
            self.database, kind=kind, backend=self.alias, queues=queues, concurrency=concurrency
        )

    def renew(self, process_id: UUID) -> Renewal:
        from tasks_core.backends.database.leases import renew

        return renew(self.database, process_id)

    def end(self, process_id: UUID) -> bool:
        from tasks_core.backends.database.leases import end

        return end(self.database, process_id)

    def now(self) -> datetime:
        return clock.db_now(self.database)

    def check(self) -> list[CheckMessage]:
        from tasks_core.checks.database import check_queue_database

        return check_queue_database(self)

    def _tell(self, ends: list[JobEnd]) -> int:
        if ends:
            jobs_ended.send_robust(type(self), alias=self.alias, ends=ends)
        return len(ends)

    def _result(self, job: Job) -> JobResult:
        snapshot = Snapshot(
            id=job.pk,
            status=JobState(job.state),
            value=job.return_value,
            errors=[AttemptError(**error) for error in job.errors],
            attempts=job.attempts,
            reason=job.reason,
        )
        return JobResult(snapshot, backend=self)
