"""What a claim asks for and what a settle stores, in every database's statements alike."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from tasks_core.attempts import Attempt

COLUMNS = (
    "id",
    "fence",
    "task",
    "args",
    "kwargs",
    "queue",
    "priority",
    "run_after",
    "attempts",
    "max_attempts",
    "timeout",
    "errors",
    "context",
    "concurrency_key",
    "rate_key",
)
"""What is read of a claimed job, in this order."""


class Place(NamedTuple):
    """A point in the order of jobs that are ready."""

    priority: int
    run_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    Up to ``limit`` jobs for ``owner``, and up to ``ahead`` more of the tasks ``short``.

    Those ahead wait in the process until a slot is free, so that only jobs may be among them
    that are known to be short, have no limits, and may be started again.
    """

    owner: UUID
    limit: int
    queues: Sequence[str] | None = None
    ids: Sequence[UUID] | None = None  # these and no others
    ahead: int = 0
    short: Sequence[str] = ()
    alone: bool = False
    now: datetime | None = None  # None: by the database's clock
    waits: bool = False  # whoever asks is told of more anyway
    place: Place | None = None  # no job that comes before it, unless it is more important

    @property
    def reach(self) -> int:
        return self.limit + (self.ahead if self.short else 0)


def open_queues(asked: Sequence[str] | None, closed: Collection[str]) -> list[str] | None:
    """Return those of the queues that are not paused; None means all, which none may be then."""
    if asked is None:
        return [] if closed else None
    return [name for name in asked if name not in closed]


@dataclass(slots=True)
class Reader:
    """Turns rows of COLUMNS into attempts, best job first; JSON comes as text."""

    owner: UUID
    of_id: Any = field(default=None)
    of_instant: Any = field(default=None)
    of_duration: Any = field(default=None)

    def attempts(self, rows: list[Any]) -> list[Attempt]:
        # RETURNING promises no order.
        rows.sort(key=lambda row: (-row[6], row[7], row[0]))
        return [self._attempt(*row) for row in rows]

    def _attempt(  # noqa: PLR0917 - a row in the order of COLUMNS
        self,
        id: Any,  # noqa: A002
        fence: int,
        task: str,
        args: str,
        kwargs: str,
        queue: str,
        priority: int,
        run_after: Any,
        attempts: int,
        max_attempts: int,
        timeout: Any,
        errors: str,
        context: str,
        concurrency_key: str | None,
        rate_key: str | None,
    ) -> Attempt:
        if timeout is not None and not isinstance(timeout, timedelta):
            timeout = self.of_duration(timeout)
        return Attempt(
            job_id=self.of_id(id) if self.of_id else id,
            task=task,
            args=[] if args == "[]" else json.loads(args),
            kwargs={} if kwargs == "{}" else json.loads(kwargs),
            queue=queue,
            priority=priority,
            number=attempts,
            max_attempts=max_attempts,
            owner=self.owner,
            fence=fence,
            errors=[] if errors == "[]" else json.loads(errors),
            context={} if context == "{}" else json.loads(context),
            run_after=self.of_instant(run_after) if self.of_instant else run_after,
            timeout=timeout,
            concurrency_key=concurrency_key,
            rate_key=rate_key,
        )
