"""Jobs by state, and the few that are worth a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F
from django.utils.translation import gettext as _

from scheduler.dashboard.spans import span
from tasks_core import job_backends
from tasks_core.backends.database.questions import indexed
from tasks_core.models import Job, JobQuerySet
from tasks_core.presentation import notes, progress
from tasks_core.states import FINAL, JobState

# In which order each state is looked through: that of its index.
UNFINISHED: dict[JobState, Sequence[Any]] = {
    # Never many; first those that tell how far they are, of which something is to be seen.
    JobState.RUNNING: (F("progress_total").desc(nulls_last=True), "-started_at"),
    JobState.READY: ("-priority", "run_after"),
    JobState.SCHEDULED: ("run_after",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """One job, without its arguments: those may be nobody else's business."""

    id: str
    task: str
    label: str
    queue: str
    state: str
    attempts: int
    max_attempts: int
    at: datetime | None
    seconds: float | None
    problem: str
    progress: str
    done: int | None
    total: int | None
    note: str

    @property
    def name(self) -> str:
        """The end of the task's dotted path, which is what people say."""
        return self.task.rpartition(".")[2]

    @property
    def percent(self) -> int:
        return 100 * (self.done or 0) // self.total if self.total else 0

    @property
    def took(self) -> str:
        return "" if self.seconds is None else span(self.seconds)


def job_database() -> str:
    """Return the database of the default backend's jobs."""
    return job_backends["default"].database or DEFAULT_DB_ALIAS


def counted() -> dict[str, int]:
    """Return how many jobs are in each state, as far as anybody counts."""
    alias = job_database()
    return {state.value: indexed.count_of_state(alias, state) for state in JobState}


def moving(*, limit: int) -> list[JobLine]:
    """Return the jobs that run, wait or ended last: at most ``limit``, unfinished ones first."""
    unfinished = [
        job
        for state, order in UNFINISHED.items()
        for job in first(indexed.of_state(job_database(), state), order, limit=limit // 3)
    ]
    room = limit - len(unfinished)
    ended = [
        job
        for state in sorted(FINAL)
        for job in first(indexed.of_state(job_database(), state), ("-finished_at",), limit=room)
    ]
    newest = sorted(ended, key=lambda job: job.finished_at or job.enqueued_at, reverse=True)
    return [line(job) for job in [*unfinished, *newest[:room]]]


def first(parts: list[JobQuerySet], order: Sequence[Any], *, limit: int) -> list[Job]:
    """Return the first jobs of a state; parked ones only if there is room for them."""
    found: list[Job] = []
    for part in parts:
        jobs = part.order_by(*order).defer("args", "kwargs", "return_value")
        found += jobs[: limit - len(found)]
    return found


def line(job: Job) -> JobLine:
    return JobLine(
        id=str(job.pk),
        task=job.task,
        label=job.label,
        queue=job.queue,
        state=job.state,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        at=job.finished_at or (job.started_at if job.state == JobState.RUNNING else job.run_after),
        seconds=duration(job),
        problem=problem(job),
        progress=progress(job),
        done=job.progress_done,
        total=job.progress_total,
        note=notes(job),
    )


def duration(job: Job) -> float | None:
    if job.finished_at is None or job.started_at is None:
        return None
    return (job.finished_at - job.started_at).total_seconds()


def problem(job: Job) -> str:
    """Return why it failed, or failed last time; empty once it succeeded."""
    if job.state == JobState.SUCCESSFUL:
        return ""
    if not job.errors:
        return str(job.reason)
    message = str(job.errors[-1].get("message", ""))[:140]
    kind = str(job.errors[-1].get("exception", "")).rpartition(".")[2]
    return message or kind or _("error")
