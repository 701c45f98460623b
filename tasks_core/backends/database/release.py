"""running -> ready: the owner gives back what it has not started, as if never claimed."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from tasks_core.attempts import Attempt
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import EVERYTHING, wake_after_commit
from tasks_core.models import Job, JobQuerySet
from tasks_core.states import JobState


def release(alias: str, attempts: Sequence[Attempt]) -> int:
    """Give the jobs back, uncounted; return how many were still owned by the claimer."""
    if not attempts:
        return 0
    claims = [attempt.key for attempt in attempts]
    owners = {attempt.owner for attempt in attempts}
    return in_transaction(alias, lambda: _give_back(alias, claims, claimed_by__in=owners))


def release_strays(alias: str, owner: UUID, *, known: Collection[tuple[UUID, int]]) -> int:
    """
    Give back what ``owner`` holds without knowing; return how many.

    When a connection breaks during a claim, the claim may have been committed although nobody
    was told. Only the owner may call this, and only with everything it knows of: jobs with
    their fences, since it may have claimed one anew that it lost while running it.
    """
    owned = Job.rows.using(alias).filter(claimed_by=owner).values_list("pk", "fence")
    strays = [claim for claim in owned if claim not in known]
    if not strays:
        return 0
    return in_transaction(alias, lambda: _give_back(alias, strays, claimed_by=owner))


def unclaim(jobs: JobQuerySet) -> int:
    """Make the jobs of a claim claimable again, as if they had never been claimed."""
    return jobs.move(
        JobState.RUNNING,
        JobState.READY,
        claimed_by=None,
        claimed_at=None,
        started_at=None,
        attempts=F("attempts") - 1,
    )


def _give_back(alias: str, claims: Sequence[tuple[UUID, int]], **owned: Any) -> int:
    exactly = Q(*(Q(pk=pk, fence=fence) for pk, fence in claims), _connector=Q.OR)
    # The owner will not have room for them soon, but somebody else may.
    wake_after_commit(alias, [EVERYTHING])
    return unclaim(Job.rows.using(alias).filter(exactly, **owned))
