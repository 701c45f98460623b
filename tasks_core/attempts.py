"""One execution of one job: what a claim hands out, and what a settle must give back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tasks_core.context import JobContext


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
    number: int = 1
    max_attempts: int = 1
    owner: UUID | None = None
    fence: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    run_after: datetime | None = None

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
        )
