"""running -> ready: the owner gives back what it has not started, as if never claimed."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import F

from tasks_core.attempts import Attempt
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job, JobQuerySet
from tasks_core.states import JobState


def release(alias: str, attempts: Sequence[Attempt]) -> int:
    """Give the jobs back, uncounted; return how many were still owned by the claimer."""
    return in_transaction(alias, lambda: sum(_release_one(alias, attempt) for attempt in attempts))


def release_strays(alias: str, owner: UUID, *, known: Collection[UUID]) -> int:
    """
    Give back what ``owner`` holds without knowing; return how many.

    When a connection breaks during a claim, the claim may have been committed although nobody
    was told. Only the owner may call this, and only with everything it knows of.
    """
    strays = Job.objects.using(alias).filter(claimed_by=owner).exclude(pk__in=known)
    return in_transaction(alias, lambda: _unclaim(strays))


def _release_one(alias: str, attempt: Attempt) -> int:
    jobs = Job.objects.using(alias)
    return _unclaim(jobs.filter(pk=attempt.job_id, claimed_by=attempt.owner, fence=attempt.fence))


def _unclaim(jobs: JobQuerySet) -> int:
    return jobs.move(
        JobState.RUNNING,
        JobState.READY,
        claimed_by=None,
        claimed_at=None,
        started_at=None,
        attempts=F("attempts") - 1,
    )
