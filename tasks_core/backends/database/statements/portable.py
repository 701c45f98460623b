"""Claim and settle through Django's ORM, for MySQL, MariaDB and whatever else it speaks."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Exists, F, Q

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.statements.asked import Asked, open_queues
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.served.ended import Ended
from tasks_core.models import Job, JobQuerySet, Process, Queue
from tasks_core.states import JobState


def claim(alias: str, asked: Asked) -> list[Attempt]:
    """Move the best jobs to their owner and return them; see the verb."""
    now = asked.now or clock.db_now(alias)
    # Whose lease has ended may have been taken for dead: what it claims would never be its own.
    alive = Exists(running(Process.objects.using(alias).filter(pk=asked.owner)))
    paused = Queue.objects.using(alias).filter(paused_at__isnull=False).order_by()
    ready = (
        Job.rows.using(alias)
        .in_state(JobState.READY)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), alive, parked=False)
    )
    if asked.ids is not None:
        ready = ready.filter(pk__in=asked.ids)  # asked for by name: it may run here
    else:
        # Asked before as well: MariaDB took 400 ms to step over 100,000 jobs of a paused queue.
        queues = open_queues(asked.queues, set(paused.values_list("name", flat=True)))
        if queues == []:
            return []
        ready = ready.filter(suspect=asked.alone).exclude(queue__in=paused.values("name"))
        if queues is not None:
            ready = ready.filter(queue__in=queues)
    if not connections[alias].features.has_select_for_update and not ready.exists():
        return []
    taken = in_transaction(alias, lambda: _take(ready, asked, now=now))
    return [attempt_of(job, asked.owner) for job in taken]


def settle(alias: str, ended: Sequence[Ended]) -> set[tuple[UUID, int]]:
    """Store the ends and return the job and fence of those that were still ours."""
    return in_transaction(alias, lambda: {each.key for each in ended if _store(alias, each)})


def _take(ready: JobQuerySet, asked: Asked, *, now: Any) -> list[Job]:
    # Rows that another worker is claiming are skipped, never waited for. SQLite has no row
    # locks and needs none: its transactions are IMMEDIATE, one writer at a time.
    best_first = ready.order_by("-priority", "run_after", "pk")
    found = list(best_first.select_for_update(skip_locked=True)[: asked.reach])
    jobs = found[: asked.limit] + [
        job for job in found[asked.limit :] if job.task in asked.short and _may_wait(job)
    ]
    moved = _of(ready.db, jobs).move(
        JobState.READY,
        JobState.RUNNING,
        claimed_by=asked.owner,
        claimed_at=now,
        started_at=now,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
    )
    if moved == len(jobs):
        return jobs
    # Somebody was faster although the rows were locked (SQLite without IMMEDIATE): believe
    # the rows. Ours are those whose fence we raised.
    mine = Q(*(Q(pk=job.pk, fence=job.fence + 1) for job in jobs), _connector=Q.OR)
    won = _of(ready.db, jobs).filter(mine, claimed_by=asked.owner)
    ours = set(won.values_list("pk", flat=True))
    return [job for job in jobs if job.pk in ours]


def _may_wait(job: Job) -> bool:
    limits = (job.concurrency_key, job.rate_key, job.timeout)
    return job.max_attempts > 1 and not any(limits)


def _of(alias: str, jobs: Iterable[Job]) -> JobQuerySet:
    return Job.rows.using(alias).filter(pk__in=[job.pk for job in jobs])


def attempt_of(job: Job, owner: UUID) -> Attempt:
    """Return the claimed job as a value; ``job`` was read before the claim raised its counters."""
    return Attempt(
        job_id=job.pk,
        task=job.task,
        args=job.args,
        kwargs=job.kwargs,
        queue=job.queue,
        priority=job.priority,
        number=job.attempts + 1,
        max_attempts=job.max_attempts,
        owner=owner,
        fence=job.fence + 1,
        errors=job.errors,
        context=job.context,
        run_after=job.run_after,
        timeout=job.timeout,
        concurrency_key=job.concurrency_key,
        rate_key=job.rate_key,
    )


def _store(alias: str, ended: Ended) -> int:
    attempt = ended.attempt
    mine = Job.rows.using(alias).filter(
        pk=attempt.job_id, claimed_by=attempt.owner, fence=attempt.fence
    )
    changes: dict[str, Any] = {
        "suspect": False,
        "reason": ended.reason,
        "return_value": ended.return_value,
    }
    for name in ("run_after", "started_at", "finished_at", "errors"):
        if (value := getattr(ended, name)) is not None:
            changes[name] = value
    if not ended.is_counted:
        changes["attempts"] = F("attempts") - 1
    if ended.finished_at is not None:
        changes["active_key"] = None
    elif attempt.is_limited:
        changes["parked"] = True
    return mine.move(JobState.RUNNING, JobState(ended.state), claimed_by=None, **changes)
