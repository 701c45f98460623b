"""What operators ask of a store, and what every store answers in the same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from tasks_core.states import JobState

if TYPE_CHECKING:
    from tasks_core.backends.database.questions.findings import Finding
    from tasks_core.backends.database.questions.statistics import QueueFigures, Statistics
    from tasks_core.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs: in any of these states, of this queue, of this task; nothing said means all."""

    states: Sequence[JobState] = ()
    queue: str = ""
    task: str = ""


class Questions(Protocol):
    """
    A module with these functions; each takes first where the jobs are kept.

    A job is a Job, whether a table has it or not: what shows jobs need not know where they are.
    """

    def find(self, place: Any, wanted: Wanted, /, *, limit: int) -> list[Job]:
        """Return the newest jobs first."""

    def ids(self, place: Any, wanted: Wanted, /, *, limit: int | None = None) -> list[UUID]:
        """Return the ids of the oldest jobs first; of all if there is no limit."""

    def rows(self, place: Any, ids: Sequence[UUID], /) -> list[Job]:
        """Return those of the jobs that exist."""

    def statistics(self, place: Any, /, *, now: datetime, last: int) -> Statistics: ...
    def queues(self, place: Any, /) -> list[QueueFigures]: ...
    def examine(self, place: Any, /, *, max_wait: timedelta, backend: str) -> list[Finding]: ...
