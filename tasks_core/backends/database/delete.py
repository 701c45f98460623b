"""successful, failed, cancelled, scheduled, ready -> nothing: remove single jobs."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job
from tasks_core.states import JobState


def delete(alias: str, ids: Sequence[UUID]) -> int:
    """Remove the jobs, except those that are running, and return how many."""
    idle = Job.rows.using(alias).filter(pk__in=ids).exclude(state=JobState.RUNNING)

    def remove() -> int:
        admit_after_commit(alias, keys_of(idle.filter(state=JobState.READY)))
        return idle.delete()[0]

    return in_transaction(alias, remove)
