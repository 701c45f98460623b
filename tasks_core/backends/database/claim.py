"""ready -> running: hand the best jobs to one process, and to no other."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import Exists, F, Q

from tasks_core.attempts import Attempt
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job, JobQuerySet, Process
from tasks_core.states import JobState


def claim(
    alias: str,
    *,
    owner: UUID,
    limit: int,
    now: datetime,
    queues: Sequence[str] | None = None,
    ids: Sequence[UUID] | None = None,
) -> list[Attempt]:
    """
    Give up to ``limit`` ready jobs to the process ``owner``: highest priority, then oldest.

    ``queues`` None means all; ``ids`` restricts the choice to these jobs.
    """
    # Whose lease has ended may have been taken for dead: what it claims would never be its own.
    alive = Exists(running(Process.objects.using(alias).filter(pk=owner)))
    ready = Job.objects.using(alias).filter(_not_expired(now), alive, state=JobState.READY)
    if queues is not None:
        ready = ready.filter(queue__in=queues) if len(queues) > 1 else ready.filter(queue=queues[0])
    if ids is not None:
        ready = ready.filter(pk__in=ids)
    # SQLite has one lock, the writer's: an idle worker must not take it only to look.
    if not connections[alias].features.has_select_for_update and not ready.exists():
        return []

    claimed = in_transaction(alias, lambda: _take(ready, owner=owner, limit=limit, now=now))
    return [_attempt(job, owner) for job in claimed]


def start(alias: str, attempts: Sequence[Attempt], *, now: datetime) -> list[Attempt]:
    """
    Note that the user code of these claimed jobs is about to run; return those that are still ours.

    Committed before they run: after a crash it tells the attempts that count from those
    that never began.
    """
    ours = Job.objects.using(alias).filter(
        pk__in=[attempt.job_id for attempt in attempts],
        state=JobState.RUNNING,
        claimed_by__in={attempt.owner for attempt in attempts},
    )
    if ours.update(started_at=now) == len(attempts):
        return list(attempts)
    # We were taken for dead since the claim: what was given away must not run here too.
    kept = set(ours.values_list("pk", flat=True))
    return [attempt for attempt in attempts if attempt.job_id in kept]


def _take(ready: JobQuerySet, *, owner: UUID, limit: int, now: datetime) -> list[Job]:
    # Rows that another worker is claiming are skipped, never waited for. SQLite has no row
    # locks and needs none: its transactions are IMMEDIATE, one writer at a time.
    best_first = ready.order_by("-priority", "run_after", "pk")
    jobs = list(best_first.select_for_update(skip_locked=True)[:limit])
    moved = _of(ready.db, jobs).move(
        JobState.READY,
        JobState.RUNNING,
        claimed_by=owner,
        claimed_at=now,
        started_at=None,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
    )
    if moved == len(jobs):
        return jobs
    # Somebody was faster although the rows were locked (SQLite without IMMEDIATE): believe
    # the rows. Ours are those whose fence we raised.
    mine = Q(*(Q(pk=job.pk, fence=job.fence + 1) for job in jobs), _connector=Q.OR)
    won = set(_of(ready.db, jobs).filter(mine, claimed_by=owner).values_list("pk", flat=True))
    return [job for job in jobs if job.pk in won]


def _of(alias: str, jobs: list[Job]) -> JobQuerySet:
    return Job.objects.using(alias).filter(pk__in=[job.pk for job in jobs])


def _not_expired(now: datetime) -> Q:
    return Q(expires_at__isnull=True) | Q(expires_at__gt=now)


def _attempt(job: Job, owner: UUID) -> Attempt:
    """Return the claimed job as a value; ``job`` was read before the claim raised its counters."""
    return Attempt(
        job_id=job.pk,
        task=job.task,
        args=job.args,
        kwargs=job.kwargs,
        queue=job.queue,
        number=job.attempts + 1,
        max_attempts=job.max_attempts,
        owner=owner,
        fence=job.fence + 1,
        errors=job.errors,
        context=job.context,
        run_after=job.run_after,
    )
