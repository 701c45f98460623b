"""scheduled, ready -> cancelled: never run it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job, JobQuerySet
from tasks_core.signals import JobEnd
from tasks_core.states import JobState

BATCH = 500
WAITING = (JobState.SCHEDULED, JobState.READY)


def cancel(
    alias: str, ids: Sequence[UUID], *, now: datetime, reason: str = "cancelled"
) -> list[JobEnd]:
    """Cancel those of the jobs that have not been claimed, and return them."""
    jobs = Job.objects.using(alias).filter(pk__in=ids)
    return in_transaction(alias, lambda: _cancel(jobs, now=now, reason=reason))


def expire(alias: str, *, now: datetime, limit: int = BATCH) -> list[JobEnd]:
    """Cancel up to ``limit`` jobs whose ``expires_at`` has passed, and return them."""
    late = Job.objects.using(alias).filter(state__in=WAITING, expires_at__lte=now)
    ids = list(late.values_list("pk", flat=True)[:limit])
    if not ids:
        return []
    # Asked again with the lock: an operator may have retried one, which then never expires.
    still = Job.objects.using(alias).filter(pk__in=ids, expires_at__lte=now)
    return in_transaction(alias, lambda: _cancel(still, now=now, reason="expired"))


def _cancel(jobs: JobQuerySet, *, now: datetime, reason: str) -> list[JobEnd]:
    # Locked first, so that what is returned is what was cancelled.
    waiting = jobs.filter(state__in=WAITING).select_for_update(skip_locked=True)
    found = dict(waiting.values_list("pk", "context"))
    mine = jobs.filter(pk__in=found)
    for state in WAITING:
        mine.move(state, JobState.CANCELLED, finished_at=now, active_key=None, reason=reason)
    return [JobEnd(pk, JobState.CANCELLED, now, reason, context) for pk, context in found.items()]
