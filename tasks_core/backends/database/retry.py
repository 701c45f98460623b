"""failed, cancelled -> ready: an operator wants it run after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job
from tasks_core.states import JobState


def retry(alias: str, ids: Sequence[UUID], *, now: datetime) -> int:
    """
    Make the jobs claimable again with all their attempts; return how many were.

    Their errors are kept; a unique key is not, since another job may have it by now.
    """
    ended = Job.objects.using(alias).filter(pk__in=ids)

    def again() -> int:
        return sum(
            ended.move(
                state,
                JobState.READY,
                run_after=now,
                expires_at=None,
                attempts=0,
                reason="",
                claimed_at=None,
                started_at=None,
                finished_at=None,
            )
            for state in (JobState.FAILED, JobState.CANCELLED)
        )

    return in_transaction(alias, again)
