"""One execution of one job: what a claim hands out, and what a settle must give back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core import clock
from tasks_core.context import JobContext
from tasks_core.progress import Progress


@dataclass(slots=True)
class Stopwatch:
    """When the user code of an attempt began and ended, by the monotonic clock."""

    began: float | None = None
    ended: float | None = None
    ended_at: datetime | None = None  # by our own clock, which may stand still in a test

    def start(self) -> None:
        self.began = clock.monotonic()

    def stop(self) -> float:
        """Note the end, and return how long it took."""
        self.ended, self.ended_at = clock.monotonic(), clock.now()
        return self.seconds

    @property
    def age(self) -> timedelta:
        """Return how long ago it ended, which is until its outcome is stored; at least nothing."""
        ago = timedelta(0) if self.ended_at is None else clock.now() - self.ended_at
        return max(ago, timedelta(0))

    @property
    def seconds(self) -> float:
        """Return how long it ran, or has been running; nothing before it began."""
        if self.began is None:
            return 0.0
        return (clock.monotonic() if self.ended is None else self.ended) - self.began


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """
    A claimed job. ``owner`` and ``fence`` prove the ownership when it is settled.

    ``number`` counts from 1 and includes this attempt.
    """

    job_id: UUID
    task: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    queue: str = "default"
    priority: int = 0
    number: int = 1
    max_attempts: int = 1
    owner: UUID | None = None
    fence: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    run_after: datetime | None = None
    progress: Progress = field(default_factory=Progress, compare=False, repr=False)
    timeout: timedelta | None = None
    concurrency_key: str | None = None
    rate_key: str | None = None
    refused: str = ""  # why its code must not run, whatever its task
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False, repr=False)

    @property
    def key(self) -> tuple[UUID, int]:
        """Return what tells this claim of the job from every other."""
        return self.job_id, self.fence

    @property
    def is_limited(self) -> bool:
        return self.concurrency_key is not None or self.rate_key is not None

    @property
    def deadline(self) -> float:
        """Return when its time is up, by the monotonic clock; 0 if there is no limit."""
        if self.timeout is None or self.watch.began is None:
            return 0.0
        return self.watch.began + self.timeout.total_seconds()

    @property
    def is_last(self) -> bool:
        return self.number >= self.max_attempts

    def job_context(self) -> JobContext:
        """Return what a task declared with ``takes_context=True`` is given."""
        return JobContext.restore(
            self.context,
            job_id=self.job_id,
            attempt=self.number,
            max_attempts=self.max_attempts,
            queue=self.queue,
            scheduled_for=self.run_after,
            _progress=self.progress,
        )
