"""Jobs by state, and the few that are worth a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from scheduler.dashboard.spans import span
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.states import JobState

COUNTED = 10_000  # nobody reads a larger number, and counting a million jobs takes a second

# In which order the states are looked through, and which instant matters in each.
RECENT_FIRST = {
    JobState.RUNNING: "-started_at",
    JobState.READY: "run_after",
    JobState.SCHEDULED: "run_after",
    JobState.SUCCESSFUL: "-finished_at",
    JobState.FAILED: "-finished_at",
    JobState.CANCELLED: "-finished_at",
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

    @property
    def name(self) -> str:
        """The end of the task's dotted path, which is what people say."""
        return self.task.rpartition(".")[2]

    @property
    def took(self) -> str:
        return "" if self.seconds is None else span(self.seconds)


def job_database() -> str:
    """Return the database of the default backend's jobs."""
    return job_backends["default"].database or DEFAULT_DB_ALIAS


def counted() -> dict[str, int]:
    """Return how many jobs are in each state, at most ``COUNTED`` of each."""
    jobs = Job.objects.using(job_database())
    return {state.value: capped(jobs.filter(state=state)) for state in JobState}


def moving(*, limit: int) -> list[JobLine]:
    """Return the jobs that run, wait or ended last: at most ``limit``, unfinished ones first."""
    jobs = Job.objects.using(job_database()).defer("args", "kwargs", "return_value")
    unfinished = [
        list(jobs.filter(state=state).order_by(order)[: limit // 3])
        for state, order in RECENT_FIRST.items()
        if not order.endswith("finished_at")
    ]
    room = limit - sum(map(len, unfinished))
    ended = chain.from_iterable(
        jobs.filter(state=state).order_by(order)[:room]
        for state, order in RECENT_FIRST.items()
        if order.endswith("finished_at")
    )
    newest = sorted(ended, key=lambda job: job.finished_at or job.enqueued_at, reverse=True)
    return [line(job) for job in [*chain.from_iterable(unfinished), *newest[:room]]]


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


def capped(jobs: QuerySet[Job]) -> int:
    """Count, but no further than anybody reads."""
    return jobs.order_by()[:COUNTED].count()
