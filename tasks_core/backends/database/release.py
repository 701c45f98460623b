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


def release_strays(alias: str, owner: UUID, *, known: Collection[tuple[UUID, int]]) -> int:
    """
    Give back what ``owner`` holds without knowing; return how many.

    When a connection breaks during a claim, the claim may have been committed although nobody
    was told. Only the owner may call this, and only with everything it knows of: jobs with
    their fences, since it may have claimed one anew that it lost while running it.
    """
    owned = Job.objects.using(alias).filter(claimed_by=owner).values_list("pk", "fence")
    strays = [claim for claim in owned if claim not in known]
    return in_transaction(
        alias, lambda: sum(_give_back(alias, owner, claim=each) for each in strays)
    )


def _release_one(alias: str, attempt: Attempt) -> int:
    return _give_back(alias, attempt.owner, claim=(attempt.job_id, attempt.fence))


def _give_back(alias: str, owner: UUID | None, *, claim: tuple[UUID, int]) -> int:
    job_id, fence = claim
    return _unclaim(Job.objects.using(alias).filter(pk=job_id, claimed_by=owner, fence=fence))


def _unclaim(jobs: JobQuerySet) -> int:
    return jobs.move(
        JobState.RUNNING,
        JobState.READY,
        claimed_by=None,
        claimed_at=None,
        started_at=None,
        attempts=F("attempts") - 1,
    )
