"""failed, cancelled -> ready: an operator wants it run after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.limits.allowances import IS_LIMITED
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import EVERYTHING, wake_after_commit
from tasks_core.backends.served.moving import MOVED
from tasks_core.models import Job
from tasks_core.states import JobState


def retry(alias: str, ids: Sequence[UUID], *, now: datetime) -> int:
    """
    Make the jobs claimable again with all their attempts; return how many were.

    Their errors are kept; a unique key is not, since another job may have it by now. Those with
    a limit wait for it again.
    """
    # What is on its way to another backend will run there.
    ended = Job.rows.using(alias).filter(pk__in=ids).exclude(reason__startswith=MOVED)

    def again() -> int:
        admit_after_commit(alias, keys_of(ended))
        wake_after_commit(alias, [EVERYTHING])
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
                cancel_requested_at=None,
                suspect=False,
                progress_done=None,
                progress_total=None,
                parked=IS_LIMITED,
            )
            for state in (JobState.FAILED, JobState.CANCELLED)
        )

    return in_transaction(alias, again)
