"""What a caller holds in hand after storing a job."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async

from tasks_core.exceptions import JobDoesNotExist, ResultNotReady, UnsupportedFeature
from tasks_core.outcomes import AttemptError
from tasks_core.states import FINAL, UNKNOWN, JobState

if TYPE_CHECKING:
    from tasks_core.backends.base import BaseJobBackend

Status = JobState | Literal["unknown"]


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """
    What a backend knows of a job at one moment.

    A value, which nobody changes; like Call it is not frozen because thousands are made at once.
    """

    id: UUID | None
    status: Status = UNKNOWN
    value: Any = None
    errors: list[AttemptError] = field(default_factory=list)
    attempts: int = 0
    reason: str = ""
    progress: tuple[int, int | None] | None = None

    def but(self, **changes: Any) -> "Snapshot":
        return replace(self, **changes)


@dataclass(slots=True, kw_only=True)
class Record:
    """All that a backend knows of a job: its state, what was asked for, and when what happened."""

    snapshot: Snapshot
    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    queue: str
    priority: int
    context: dict[str, Any]
    enqueued_at: datetime
    started_at: datetime | None = None  # of the latest attempt
    finished_at: datetime | None = None
    worker: str = ""  # the process that runs it now


class JobResult:
    """The job as it was when stored or last refreshed. ``refresh()`` asks the backend again."""

    def __init__(self, snapshot: Snapshot, *, backend: "BaseJobBackend") -> None:
        self._snapshot = snapshot
        self.backend = backend

    def __repr__(self) -> str:
        return f"<JobResult {self.id} {self.status}>"

    @property
    def id(self) -> UUID | None:
        """None when the backend does not say."""
        return self._snapshot.id

    @property
    def status(self) -> Status:
        """A JobState, or "unknown" when the backend tells nothing."""
        return self._snapshot.status

    @property
    def reason(self) -> str:
        """Why the job ended as it did: "lost", "expired", …; empty after a success."""
        return self._snapshot.reason

    @property
    def attempts(self) -> int:
        """How often the job has been started."""
        return self._snapshot.attempts

    @property
    def progress(self) -> tuple[int, int | None] | None:
        """How many of how many are done, as the job said last; None if it never did."""
        return self._snapshot.progress

    @property
    def errors(self) -> list[AttemptError]:
        """One for each attempt that raised, oldest first."""
        return self._snapshot.errors

    @property
    def is_finished(self) -> bool:
        return self.status in FINAL

    @property
    def return_value(self) -> Any:
        """Return what the task returned; raise ResultNotReady unless it succeeded."""
        if self.status == JobState.SUCCESSFUL:
            return self._snapshot.value
        if self.is_finished:
            why = self.errors[-1].message if self.errors else self.reason
            raise ResultNotReady(f"Job {self.id} ended {self.status} and returned nothing: {why}")
        raise ResultNotReady(
            f"Job {self.id} has not ended yet (it is {self.status}); refresh() later."
        )

    def refresh(self) -> None:
        """Read the job again. Raises UnsupportedFeature or JobDoesNotExist."""
        if self.id is None or not self.backend.supports("get"):
            raise UnsupportedFeature(f"{self.backend} keeps no results that could be read again.")
        found = self.backend.get(self.id)  # type: ignore[attr-defined]
        if found is None:
            raise JobDoesNotExist(f"No job {self.id} in {self.backend}; it may have been pruned.")
        self._snapshot = found._snapshot  # noqa: SLF001 - another of our own kind

    async def arefresh(self) -> None:
        await sync_to_async(self.refresh)()
