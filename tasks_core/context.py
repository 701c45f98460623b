"""What a task may know about the job that runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from tasks_core.progress import Progress

_INSTANTS = ("scheduled_for", "previous", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """
    The first argument of a task declared with ``@task(takes_context=True)``.

    ``scheduled_for`` is the instant that the job was meant for, however late it runs.
    ``key``, ``previous`` and ``next`` are set for jobs that belong to a series: its name and
    the neighbouring instants, so that a late report still covers the right period.
    All instants are aware and in UTC.
    """

    job_id: UUID
    attempt: int
    max_attempts: int
    queue: str
    scheduled_for: datetime | None = None
    key: str | None = None
    previous: datetime | None = None
    next: datetime | None = None
    is_catch_up: bool = False
    is_backfill: bool = False
    _progress: Progress = field(default_factory=Progress, compare=False, repr=False)

    def progress(self, done: int, total: int | None = None) -> None:
        """
        Say that ``done`` of ``total`` are done, for those who look at the job while it runs.

        Cheap, so call it for each of a million rows: the worker writes the newest numbers
        once a second. Raises ValueError unless both are whole numbers and 0 <= done <= total.
        """
        self._progress.note(done, total)

    @property
    def is_last_attempt(self) -> bool:
        return self.attempt >= self.max_attempts

    @classmethod
    def restore(cls, stored: Mapping[str, Any], **known: Any) -> "JobContext":
        """Build a context from the JSON kept with the job; ``known`` fills what it lacks."""
        told = {name: value for name, value in stored.items() if name in _TOLD}
        for name in _INSTANTS:
            if isinstance(told.get(name), str):
                told[name] = datetime.fromisoformat(told[name])
        return cls(**{**known, **told})


# Of what is stored, all but the holder of the progress: JSON cannot be one.
_TOLD = frozenset(each.name for each in fields(JobContext)) - {"_progress"}
