"""What a store must be able to do: every arrow of the state diagram, leases, and questions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, Unpack
from uuid import UUID

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt
    from tasks_core.backends.served.asked import ClaimOptions
    from tasks_core.backends.served.ended import Settled
    from tasks_core.backends.served.moving import Arrival
    from tasks_core.backends.served.told import Cancelled, Look, Rescued, Stored
    from tasks_core.calls import Call
    from tasks_core.leases import Renewal
    from tasks_core.models import Job, Process
    from tasks_core.progress import Report
    from tasks_core.results import Record, Snapshot
    from tasks_core.signals import JobEnd
    from tasks_core.states import JobState
    from tasks_core.wakes import Listener

Key = tuple[UUID, int]  # a job and its fence


class Verbs(Protocol):
    """A module with these functions; each takes first where the jobs are kept."""

    def enqueue(self, place: Any, calls: Sequence[Call], /) -> list[Stored]: ...
    def dispatch(self, place: Any, /) -> int: ...
    def claim(
        self,
        place: Any,
        /,
        *,
        owner: UUID,
        limit: int,
        queues: Sequence[str] | None = None,
        **options: Unpack[ClaimOptions],
    ) -> list[Attempt]: ...
    def settle(
        self, place: Any, settled: Sequence[Settled], /, *, now: datetime
    ) -> list[JobState | None]: ...
    def release(self, place: Any, attempts: Sequence[Attempt], /) -> int: ...
    def release_strays(self, place: Any, owner: UUID, /, *, known: Collection[Key]) -> int: ...
    def rescue(
        self, place: Any, /, *, now: datetime, rescuer: UUID | None = None
    ) -> list[Rescued]: ...
    def bury(
        self,
        place: Any,
        process_id: UUID,
        /,
        *,
        now: datetime,
        started: Collection[Key],
        reasons: Mapping[Key, str],
    ) -> list[Rescued]: ...
    def has_orphans(self, place: Any, queues: Sequence[str] | None = None, /) -> bool: ...
    def admit_all(
        self, place: Any, now: datetime, ended: Iterable[Attempt] | None = None, /
    ) -> datetime | None: ...

    # What operators decide.

    def retry(self, place: Any, ids: Sequence[UUID], /, *, now: datetime) -> int: ...
    def cancel(self, place: Any, ids: Sequence[UUID], /, *, now: datetime) -> Cancelled: ...
    def expire(self, place: Any, /, *, now: datetime) -> list[JobEnd]: ...
    def cancel_requested(
        self, place: Any, /, *, now: datetime, ids: Collection[UUID] | None = None
    ) -> list[JobEnd]: ...
    def cancel_requests(self, place: Any, owner: UUID, /) -> list[Key]: ...
    def reschedule(
        self,
        place: Any,
        ids: Sequence[UUID],
        /,
        *,
        now: datetime,
        when: datetime | None = None,
        queue: str | None = None,
        priority: int | None = None,
    ) -> int: ...
    def delete(self, place: Any, ids: Sequence[UUID], /) -> int: ...
    def prune(
        self,
        place: Any,
        state: JobState,
        /,
        *,
        now: datetime,
        older_than: timedelta | None = None,
    ) -> Iterator[int]: ...
    def prune_keys(self, place: Any, /, *, now: datetime) -> int: ...
    def pause(
        self, place: Any, /, queue: str, *, now: datetime, by: str = "", reason: str = ""
    ) -> bool: ...
    def resume(self, place: Any, queue: str, /) -> bool: ...
    def paused(self, place: Any, /) -> frozenset[str]: ...

    # To another backend, and from one.

    def take_away(
        self, place: Any, ids: Sequence[UUID], /, *, now: datetime, reason: str
    ) -> list[Job]: ...
    def on_their_way(self, place: Any, /) -> list[Job]: ...
    def let_go(self, place: Any, ids: Sequence[UUID], /) -> int: ...
    def take_in(self, place: Any, arrivals: Sequence[Arrival], /) -> list[UUID]: ...

    # Processes, and questions.

    def register(
        self,
        place: Any,
        /,
        *,
        kind: str,
        backend: str,
        queues: Sequence[str] | None,
        concurrency: int,
    ) -> Process: ...
    def renew(self, place: Any, process_id: UUID, /) -> Renewal: ...
    def end(self, place: Any, process_id: UUID, /) -> bool: ...
    def report_progress(self, place: Any, reports: Sequence[Report], /) -> int: ...
    def look(self, place: Any, owner: UUID, /, *, queues: Sequence[str] | None = None) -> Look: ...
    def listener(
        self, place: Any, /, *, queues: Sequence[str] | None, owner: Callable[[], UUID]
    ) -> Listener | None: ...
    def record(self, place: Any, job_id: UUID, /) -> Record | None: ...
    def snapshots(self, place: Any, ids: Sequence[UUID], /) -> dict[UUID, Snapshot]: ...
