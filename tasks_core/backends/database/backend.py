"""The backend itself: each method reads the clock once and hands over to its verb."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Unpack
from uuid import UUID

from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS
from django.utils.functional import SimpleLazyObject

from tasks_core import clock, progress, signals
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.leases import Renewal
from tasks_core.options import queue_name
from tasks_core.outcomes import Outcome
from tasks_core.results import JobResult
from tasks_core.signals import JobEnd
from tasks_core.states import FINAL, JobState
from tasks_core.wakes import Listener

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt
    from tasks_core.backends.database import verbs
    from tasks_core.backends.database.cancel import Stopped
    from tasks_core.backends.database.claim import ClaimOptions
    from tasks_core.backends.database.questions.look import Look
    from tasks_core.backends.database.rescue import Rescued
    from tasks_core.models import Process
else:
    # Imported at its first use: a backend may be built before models can be imported.
    verbs = SimpleLazyObject(lambda: import_module("tasks_core.backends.database.verbs"))


class DatabaseBackend(StoringBackend):
    """
    Stores jobs with Django's ORM, in the caller's transaction.

    OPTIONS={"database": alias} puts the queue into a database of its own.
    """

    counts_delays = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.database: str = options.get("database", DEFAULT_DB_ALIAS)

    # Asked by callers.

    def store(self, call: Call) -> JobResult:
        return self.enqueue_many([call])[0]

    def enqueue_many(self, calls: Sequence[Call]) -> list[JobResult]:
        stored = verbs.enqueue(self.database, calls)
        results = [JobResult(snapshot, backend=self) for snapshot, _ in stored]
        if signals.job_enqueued.has_listeners(type(self)):
            for result, (_, is_new) in zip(results, stored, strict=True):
                if is_new:
                    signals.job_enqueued.send_robust(type(self), result=result)
        return results

    def get(self, job_id: UUID) -> JobResult | None:
        return self.get_many([job_id]).get(job_id)

    def get_many(self, ids: Sequence[UUID]) -> dict[UUID, JobResult]:
        found = verbs.snapshots(self.database, ids)
        return {pk: JobResult(snapshot, backend=self) for pk, snapshot in found.items()}

    # Asked by workers.

    def listener(self, **about: Any) -> Listener | None:
        return verbs.listener(self.database, **about)

    def look(self, owner: UUID, *, queues: Sequence[str] | None = None) -> Look:
        return verbs.look(self.database, owner, queues=queues)

    def dispatch(self) -> int:
        return verbs.dispatch(self.database)

    def claim(
        self,
        *,
        owner: UUID,
        limit: int,
        queues: Sequence[str] | None = None,
        **options: Unpack[ClaimOptions],
    ) -> list[Attempt]:
        return verbs.claim(self.database, owner=owner, limit=limit, queues=queues, **options)

    def settle(self, settled: Sequence[tuple[Attempt, Outcome]]) -> list[JobState | None]:
        now = self.now()
        self.report_progress(progress.news(attempt for attempt, _ in settled))
        states = verbs.settle(self.database, settled, now=now)
        self._tell(verbs.ends_of(settled, states, now=now))
        pairs = zip(settled, states, strict=True)
        self._cancel_if_asked([each.job_id for (each, _), state in pairs if state not in FINAL])
        return states

    def release(self, attempts: Sequence[Attempt]) -> int:
        count = verbs.release(self.database, attempts)
        self._cancel_if_asked([attempt.job_id for attempt in attempts])
        return count

    def release_strays(self, owner: UUID, *, known: Collection[tuple[UUID, int]]) -> int:
        return verbs.release_strays(self.database, owner, known=known)

    def rescue(self, rescuer: UUID | None = None) -> int:
        return self._tell_rescued(verbs.rescue(self.database, now=self.now(), rescuer=rescuer))

    def bury(
        self,
        process_id: UUID,
        started: Collection[tuple[UUID, int]],
        reasons: Mapping[tuple[UUID, int], str] = MappingProxyType({}),
    ) -> int:
        """Take back the jobs of a process that was seen dead; ``started`` ones are counted."""
        return self._tell_rescued(
            verbs.bury(self.database, process_id, now=self.now(), started=started, reasons=reasons)
        )

    def _tell_rescued(self, found: list[Rescued]) -> int:
        for rescued in found:
            self._tell(rescued.ends)
            told = {"process": rescued.process, "count": rescued.count}
            signals.jobs_rescued.send_robust(type(self), **told)
        if found:
            self._cancel_if_asked()
        return sum(rescued.count for rescued in found)

    def has_orphans(self, queues: Sequence[str] | None = None) -> bool:
        return verbs.has_orphans(self.database, queues)

    def expire(self) -> int:
        return self._tell(verbs.expire(self.database, now=self.now()))

    def admit_all(self, ended: Sequence[Attempt] | None = None) -> datetime | None:
        """Let through what waits for a limit, or for one of ``ended``; see the verb."""
        return verbs.admit_all(self.database, self.now(), ended)

    def cancel_requests(self, owner: UUID) -> list[tuple[UUID, int]]:
        return verbs.cancel_requests(self.database, owner)

    def report_progress(self, reports: Sequence[progress.Report]) -> int:
        return verbs.report_progress(self.database, reports)

    # Asked by operators.

    def retry(self, ids: Sequence[UUID]) -> int:
        return verbs.retry(self.database, ids, now=self.now())

    def cancel(self, ids: Sequence[UUID]) -> Stopped:
        found = verbs.cancel(self.database, ids, now=self.now())
        return verbs.Stopped(self._tell(found.ends), len(found.asked))

    def reschedule(self, ids: Sequence[UUID], **changes: Any) -> int:
        return verbs.reschedule(self.database, ids, now=self.now(), **changes)

    def delete(self, ids: Sequence[UUID]) -> int:
        return verbs.delete(self.database, ids)

    def prune(self, state: JobState, *, older_than: timedelta | None = None) -> Iterator[int]:
        return verbs.prune(self.database, state, now=self.now(), older_than=older_than)

    def prune_keys(self) -> int:
        return verbs.prune_keys(self.database, now=self.now())

    def pause_queue(self, queue: str, *, by: str = "", reason: str = "") -> bool:
        """Let no job of ``queue`` start until it is resumed; return False if that is so already."""
        told = {"queue": queue_name(queue), "by": by, "reason": reason}
        is_new = verbs.pause(self.database, **told, now=self.now())
        if is_new:
            signals.queue_paused.send_robust(type(self), alias=self.alias, **told)
        return is_new

    def resume_queue(self, queue: str) -> bool:
        was_paused = verbs.resume(self.database, queue)
        if was_paused:
            signals.queue_resumed.send_robust(type(self), alias=self.alias, queue=queue)
        return was_paused

    def paused_queues(self) -> frozenset[str]:
        return verbs.paused(self.database)

    # The lease of a process.

    def register(self, *, kind: str, queues: Sequence[str] | None, concurrency: int) -> Process:
        return verbs.register(
            self.database, kind=kind, backend=self.alias, queues=queues, concurrency=concurrency
        )

    def renew(self, process_id: UUID) -> Renewal:
        return verbs.renew(self.database, process_id)

    def end(self, process_id: UUID) -> bool:
        return verbs.end(self.database, process_id)

    def now(self) -> datetime:
        return clock.db_now(self.database)

    def check(self) -> list[CheckMessage]:
        from tasks_core.checks.database import check_queue_database

        return check_queue_database(self)

    def _cancel_if_asked(self, ids: Sequence[UUID] | None = None) -> None:
        """Cancel what came back from a run that had been asked to stop."""
        self._tell(verbs.cancel_requested(self.database, now=self.now(), ids=ids))

    def _tell(self, ends: list[JobEnd]) -> int:
        if ends:
            signals.jobs_ended.send_robust(type(self), alias=self.alias, ends=ends)
        return len(ends)
