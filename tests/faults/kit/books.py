"""The books of jobs: what was asked for against what was done, by the invariants' names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, Protocol

from django.db.models import F, Q, QuerySet

from tasks_core import clock
from tasks_core.models import Job
from tasks_core.states import FINAL, JobState
from tests.app.models import Effect

WRONGS = ("lost", "stuck", "unfinished", "silent", "overspent", "foreign", "twice", "overlapping")


@dataclass
class Books:
    """What is wrong with jobs that ran ``tests.faults.tasks.work``; empty lists are the aim."""

    jobs: int = 0
    repeated: int = 0  # executions beyond the first of each job
    lost: list[object] = field(default_factory=list)  # asked for, and no such row
    stuck: list[object] = field(default_factory=list)  # running, two leases after its owner's end
    unfinished: list[object] = field(default_factory=list)  # neither succeeded nor to come
    silent: list[object] = field(default_factory=list)  # succeeded without having been done
    overspent: list[object] = field(default_factory=list)  # too many attempts, or no trace of them
    foreign: list[object] = field(default_factory=list)  # settled by who did not own it
    twice: list[object] = field(default_factory=list)  # one attempt began more than once
    overlapping: list[object] = field(default_factory=list)  # two attempts at one time

    def __str__(self) -> str:
        wrong = ", ".join(f"{len(getattr(self, name))} {name}" for name in WRONGS)
        return f"{self.jobs} jobs, {self.repeated} repeats: {wrong}"


def audit(asked: int, *, lease: float = 60.0) -> Books:
    """Read every job and every effect, once all is quiet; the workers had leases of such seconds."""
    jobs = list(Job.objects.filter(task__startswith="tests.faults.tasks.work"))
    return account(jobs, asked, stuck=list(stuck(lease)), overspent=list(_overspent()))


class Kept(Protocol):
    """What the books want to know of a job, wherever it is kept."""

    pk: Any
    state: Any
    attempts: Any
    return_value: Any


def account(
    jobs: Sequence[Kept], asked: int, *, stuck: Sequence[object], overspent: Sequence[object]
) -> Books:
    """Hold what is kept of the jobs against what they have done."""
    began, done = attempts("began"), attempts("done")
    counted = Counter(job for job, _ in began)
    return Books(
        jobs=len(jobs),
        repeated=sum(len(times) for times in began.values()) - len(counted),
        lost=["a job"] * (asked - len(jobs)),
        stuck=list(stuck),
        unfinished=[str(job) for job in jobs if job.state != JobState.SUCCESSFUL],
        silent=[
            job.pk
            for job in jobs
            if job.state == JobState.SUCCESSFUL and (str(job.pk), job.attempts) not in done
        ],
        overspent=list(overspent),
        foreign=[
            (job.pk, job.attempts, job.return_value)
            for job in jobs
            if job.state == JobState.SUCCESSFUL
            and job.return_value != {"job": str(job.pk), "attempt": job.attempts}
        ],
        twice=[attempt for attempt, times in began.items() if len(times) > 1],
        overlapping=_overlapping(began, done),
    )


def assert_balanced(books: Books, *, repeats: int = 0, overlaps: int = 0) -> None:
    """Raise AssertionError unless all is well, but for what the faults may have repeated."""
    wrong = {name: getattr(books, name) for name in WRONGS}
    wrong["overlapping"] = wrong["overlapping"][overlaps:]
    wrong["repeated"] = ["a job"] * (books.repeated - repeats)
    assert not any(wrong.values()), f"{books}\n{ {name: some[:3] for name, some in wrong.items()} }"
    assert books.jobs > 0


Attempts = dict[tuple[str, int], list[float]]  # by job and number: the seconds when it was so


def attempts(name: str) -> Attempts:
    found: Attempts = defaultdict(list)
    for payload, at in Effect.objects.filter(name=name).values_list("payload", "at"):
        found[payload["job"], payload["attempt"]].append(at.timestamp())
    return dict(found)


def stuck(lease: float) -> QuerySet[Job]:
    """Return the jobs that still run, two leases after the lease of who ran them has ended."""
    long_ago = clock.db_now() - timedelta(seconds=2 * lease)
    return Job.objects.filter(state=JobState.RUNNING, claimed_by__lease_expires_at__lt=long_ago)


def _overspent() -> object:
    ended_without_time = Q(state__in=sorted(FINAL), finished_at__isnull=True)
    failed_without_error = Q(state=JobState.FAILED, errors=[], reason="")
    return Job.objects.filter(
        Q(attempts__gt=F("max_attempts")) | ended_without_time | failed_without_error
    )


def _overlapping(began: Attempts, done: Attempts) -> list[object]:
    """Return the attempts that were at work when the next one of their job began."""
    by_job = defaultdict(list)
    for job, number in sorted(began):
        by_job[job].append(number)
    return [
        (job, first)
        for job, numbers in by_job.items()
        for first, second in pairwise(numbers)
        if max(done.get((job, first), [0.0])) > min(began[job, second])
    ]
