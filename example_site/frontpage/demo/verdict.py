"""
Did everything that was due in a stretch of time happen? Asked of the database afterwards.

What was due is worked out from the triggers, not from the ledger: a scheduler that slept would
otherwise find itself without fault.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from scheduler.choices import Outcome
from scheduler.models import Occurrence, Schedule
from scheduler.triggers import due_times, from_spec
from tasks_core.models import Job
from tasks_core.states import FINAL, JobState


@dataclass(kw_only=True)
class Line:
    """What became of one schedule, or of the other jobs of one task."""

    name: str
    due: int = 0
    successful: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def judge(*, since: datetime, until: datetime) -> list[Line]:
    """Return a line for each schedule that was due, and for each task that had other jobs."""
    schedules = Schedule.objects.filter(retired_at=None)
    lines = [judge_schedule(row, since=since, until=until) for row in schedules]
    return [line for line in lines if line.due] + judge_others(since=since, until=until)


def judge_schedule(row: Schedule, *, since: datetime, until: datetime) -> Line:
    line = Line(name=row.key)
    ledger = list(Occurrence.objects.filter(schedule_key=row.key, until_at__gt=since))
    jobs = Job.objects.in_bulk([each.job_id for each in ledger if each.job_id])
    for due_at in due_times(from_spec(row.trigger), max(since, row.known_since)):
        if due_at > until:
            break
        line.due += 1
        found = next((each for each in ledger if each.due_at <= due_at <= each.until_at), None)
        if found is None:
            line.problems.append(f"{at(due_at)}: due, but not in the ledger")
        elif found.outcome == Outcome.SKIPPED:
            line.skipped[found.reason] += 1
        elif trouble := why_not(jobs.get(found.job_id)):
            line.problems.append(f"{at(due_at)}: {trouble}")
        else:
            line.successful += 1
    return line


def judge_others(*, since: datetime, until: datetime) -> list[Line]:
    """Judge the jobs that no schedule made: articles, mails and pictures."""
    lines: dict[str, Line] = {}
    scheduled = Occurrence.objects.filter(recorded_at__gte=since).values("job_id")
    # A job that waits for another attempt was due once, and is due again later.
    due = Q(run_after__lte=until) | Q(attempts__gt=0)
    jobs = Job.objects.filter(due, enqueued_at__gte=since)
    for job in jobs.exclude(pk__in=scheduled.exclude(job_id=None)).order_by("task", "enqueued_at"):
        line = lines.setdefault(job.task, Line(name=job.task.replace(".tasks.", ": ")))
        line.due += 1
        if trouble := why_not(job):
            line.problems.append(f"{job.label or job.pk}: {trouble}")
        else:
            line.successful += 1
    return list(lines.values())


def why_not(job: Job | None) -> str:
    """Return why a job is not successful, or nothing."""
    if job is None:
        return "its job is gone"
    if job.state == JobState.SUCCESSFUL:
        return ""
    last = f"; last error: {job.errors[-1]['message']}" if job.errors else ""
    return f"its job is {job.state} after {job.attempts} attempts {job.reason}{last}".rstrip()


def is_undecided(*, until: datetime) -> bool:
    """Say whether the scheduler has not come to something yet that was due."""
    return Schedule.objects.filter(next_due_at__lte=until).exists()


def is_busy(*, now: datetime) -> bool:
    """Say whether a job that is due has not ended; one that waits for a retry is not due."""
    unfinished = Job.objects.exclude(state__in=FINAL)
    return unfinished.exclude(state=JobState.SCHEDULED, run_after__gt=now).exists()


def at(moment: datetime) -> str:
    return f"due at {moment:%H:%M:%S}"
