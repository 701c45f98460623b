"""What every backend does that our workers serve: it reads the clock, and hands over to a verb."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Unpack
from uuid import UUID

from tasks_core import progress, signals
from tasks_core.backends.served.ended import ends_of
from tasks_core.backends.served.told import Stopped
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.leases import Renewal
from tasks_core.options import queue_name
from tasks_core.outcomes import Outcome
from tasks_core.results import JobResult, Record
from tasks_core.signals import JobEnd
from tasks_core.states import FINAL, JobState
from tasks_core.wakes import Listener

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt
    from tasks_core.backends.served.asked import ClaimOptions
    from tasks_core.backends.served.questions import Questions
    from tasks_core.backends.served.told import Look, Rescued
    from tasks_core.backends.served.verbs import Verbs
    from tasks_core.models import Process


class ServedBackend(StoringBackend):
    """
    A backend whose jobs our workers run.

    ``verbs`` is the module with every arrow of its store, each of which takes ``place`` first:
    where the jobs are kept. Whatever a verb moved, the signals about it are sent here.
    """

    counts_delays = True
    verbs: ClassVar[Verbs]
    questions: ClassVar[Questions]  # the module of what operators ask, of ``place`` as well

    # Not an ABC, which would ask the modules above whether they are abstract, and so load them.
    @property
    def place(self) -> Any:
        """Where the jobs are kept, as the verbs want it."""
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the time of the store."""
        raise NotImplementedError

    # Asked by callers.

    def store(self, call: Call) -> JobResult:
        return self.enqueue_many([call])[0]

    def enqueue_many(self, calls: Sequence[Call]) -> list[JobResult]:
        stored = self.verbs.enqueue(self.place, calls)
        results = [JobResult(snapshot, backend=self) for snapshot, _ in stored]
        if signals.job_enqueued.has_listeners(type(self)):
            for result, (_, is_new) in zip(results, stored, strict=True):
                if is_new:
                    signals.job_enqueued.send_robust(type(self), result=result)
        return results

    def get(self, job_id: UUID) -> JobResult | None:
        return self.get_many([job_id]).get(job_id)

    def get_many(self, ids: Sequence[UUID]) -> dict[UUID, JobResult]:
        found = self.verbs.snapshots(self.place, ids)
        return {pk: JobResult(snapshot, backend=self) for pk, snapshot in found.items()}

    def record(self, job_id: UUID) -> Record | None:
        return self.verbs.record(self.place, job_id)

    # Asked by workers.

    def listener(
        self, *, queues: Sequence[str] | None, owner: Callable[[], UUID]
    ) -> Listener | None:
        return self.verbs.listener(self.place, queues=queues, owner=owner)

    def look(self, owner: UUID, *, queues: Sequence[str] | None = None) -> Look:
        return self.verbs.look(self.place, owner, queues=queues)

    def dispatch(self) -> int:
        return self.verbs.dispatch(self.place)

    def claim(
        self,
        *,
        owner: UUID,
        limit: int,
        queues: Sequence[str] | None = None,
        **options: Unpack[ClaimOptions],
    ) -> list[Attempt]:
        return self.verbs.claim(self.place, owner=owner, limit=limit, queues=queues, **options)

    def settle(self, settled: Sequence[tuple[Attempt, Outcome]]) -> list[JobState | None]:
        now = self.now()
        self.report_progress(progress.news(attempt for attempt, _ in settled))
        states = self.verbs.settle(self.place, settled, now=now)
        self._tell(ends_of(settled, states, now=now))
        pairs = zip(settled, states, strict=True)
        self._cancel_if_asked([each.job_id for (each, _), state in pairs if state not in FINAL])
        return states

    def release(self, attempts: Sequence[Attempt]) -> int:
        count = self.verbs.release(self.place, attempts)
        self._cancel_if_asked([attempt.job_id for attempt in attempts])
        return count

    def release_strays(self, owner: UUID, *, known: Collection[tuple[UUID, int]]) -> int:
        return self.verbs.release_strays(self.place, owner, known=known)

    def rescue(self, rescuer: UUID | None = None) -> int:
        return self._tell_rescued(self.verbs.rescue(self.place, now=self.now(), rescuer=rescuer))

    def bury(
        self,
        process_id: UUID,
        started: Collection[tuple[UUID, int]],
        reasons: Mapping[tuple[UUID, int], str] = MappingProxyType({}),
    ) -> int:
        """Take back the jobs of a process that was seen dead; ``started`` ones are counted."""
        return self._tell_rescued(
            self.verbs.bury(
                self.place, process_id, now=self.now(), started=started, reasons=reasons
            )
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
        return self.verbs.has_orphans(self.place, queues)

    def expire(self) -> int:
        return self._tell(self.verbs.expire(self.place, now=self.now()))

    def admit_all(self, ended: Sequence[Attempt] | None = None) -> datetime | None:
        """Let through what waits for a limit, or for one of ``ended``; see the verb."""
        return self.verbs.admit_all(self.place, self.now(), ended)

    def cancel_requests(self, owner: UUID) -> list[tuple[UUID, int]]:
        return self.verbs.cancel_requests(self.place, owner)

    def report_progress(self, reports: Sequence[progress.Report]) -> int:
        return self.verbs.report_progress(self.place, reports)

    # Asked by operators.

    def retry(self, ids: Sequence[UUID]) -> int:
        return self.verbs.retry(self.place, ids, now=self.now())

    def cancel(self, ids: Sequence[UUID]) -> Stopped:
        found = self.verbs.cancel(self.place, ids, now=self.now())
        return Stopped(self._tell(found.ends), len(found.asked))

    def reschedule(self, ids: Sequence[UUID], **changes: Any) -> int:
        return self.verbs.reschedule(self.place, ids, now=self.now(), **changes)

    def delete(self, ids: Sequence[UUID]) -> int:
        return self.verbs.delete(self.place, ids)

    def prune(self, state: JobState, *, older_than: timedelta | None = None) -> Iterator[int]:
        return self.verbs.prune(self.place, state, now=self.now(), older_than=older_than)

    def prune_keys(self) -> int:
        return self.verbs.prune_keys(self.place, now=self.now())

    def pause_queue(self, queue: str, *, by: str = "", reason: str = "") -> bool:
        """Let no job of ``queue`` start until it is resumed; return False if that is so already."""
        told = {"queue": queue_name(queue), "by": by, "reason": reason}
        is_new = self.verbs.pause(self.place, **told, now=self.now())
        if is_new:
            signals.queue_paused.send_robust(type(self), alias=self.alias, **told)
        return is_new

    def resume_queue(self, queue: str) -> bool:
        was_paused = self.verbs.resume(self.place, queue)
        if was_paused:
            signals.queue_resumed.send_robust(type(self), alias=self.alias, queue=queue)
        return was_paused

    def paused_queues(self) -> frozenset[str]:
        return self.verbs.paused(self.place)

    # The lease of a process.

    def register(self, *, kind: str, queues: Sequence[str] | None, concurrency: int) -> Process:
        return self.verbs.register(
            self.place, kind=kind, backend=self.alias, queues=queues, concurrency=concurrency
        )

    def renew(self, process_id: UUID) -> Renewal:
        return self.verbs.renew(self.place, process_id)

    def end(self, process_id: UUID) -> bool:
        return self.verbs.end(self.place, process_id)

    def _cancel_if_asked(self, ids: Sequence[UUID] | None = None) -> None:
        """Cancel what came back from a run that had been asked to stop."""
        self._tell(self.verbs.cancel_requested(self.place, now=self.now(), ids=ids))

    def _tell(self, ends: list[JobEnd]) -> int:
        if ends:
            signals.jobs_ended.send_robust(type(self), alias=self.alias, ends=ends)
        return len(ends)
