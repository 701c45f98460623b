"""
Jobs on their way to another backend, and those that come from one.

Who is on his way is cancelled, with a reason that says where to: no worker can have him, and if
the process that moves him dies, the row is all that another needs to go on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from tasks_core.backends.database.limits import limited
from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.statements.columns import columns_of
from tasks_core.backends.database.statements.insertion import insert
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import DEFERRED, wake_after_commit
from tasks_core.backends.served.moving import MOVED, Arrival
from tasks_core.models import Job, JobQuerySet
from tasks_core.states import WAITING, JobState

KEY = "key before it moved"  # in the context of a job whose key was given up


def take_away(alias: str, ids: Sequence[UUID], *, now: datetime, reason: str) -> list[Job]:
    """Take those of the jobs out of reach that nobody has claimed, and return them."""
    waiting = Job.rows.using(alias).filter(pk__in=ids, state__in=WAITING)

    def take() -> list[Job]:
        found = list(waiting.select_for_update(skip_locked=True))
        mine = Job.rows.using(alias).filter(pk__in=[job.pk for job in found])
        admit_after_commit(alias, keys_of(mine))  # they may have held permits
        for job in found:
            if job.active_key is not None:
                mine.filter(pk=job.pk).update(context={**job.context, KEY: job.active_key})
        for state in WAITING:
            mine.move(state, JobState.CANCELLED, finished_at=now, active_key=None, reason=reason)
        return found

    return in_transaction(alias, take)


def on_their_way(alias: str) -> list[Job]:
    """Return the jobs that somebody took away and has not let go, with their keys."""
    found = list(_moved(alias))
    for job in found:
        job.active_key = job.context.pop(KEY, None)
    return found


def let_go(alias: str, ids: Sequence[UUID]) -> int:
    """Forget jobs that have arrived elsewhere; return how many."""
    return in_transaction(alias, lambda: _moved(alias).filter(pk__in=ids).delete()[0])


def take_in(alias: str, arrivals: Sequence[Arrival]) -> list[UUID]:
    """
    Store jobs that come from elsewhere; return those whose key another job has here.

    One whose id is known is left as it is: whoever brought it did not live to say so.
    """
    try:
        return in_transaction(alias, lambda: _store(alias, arrivals))
    except IntegrityError:
        if len(arrivals) == 1:
            if Job.rows.using(alias).filter(pk=arrivals[0].job_id).exists():
                return []
            raise
        return [job_id for each in arrivals for job_id in take_in(alias, [each])]


def _store(alias: str, arrivals: Sequence[Arrival]) -> list[UUID]:
    calls = [each.call for each in arrivals]
    earlier: dict[str, list[Any]] = {
        "attempts": [each.attempts for each in arrivals],
        "errors": [each.errors for each in arrivals],
        "suspect": [each.suspect for each in arrivals],
    }
    states = insert(alias, columns_of(calls, [each.job_id for each in arrivals]) | earlier)
    limited.let_through(alias, calls)
    wake_after_commit(alias, {DEFERRED, *(call.queue for call in calls)})
    return [each.job_id for each, state in zip(arrivals, states, strict=True) if state is None]


def _moved(alias: str) -> JobQuerySet:
    ended = Job.rows.using(alias).in_state(JobState.CANCELLED)
    return ended.filter(reason__startswith=MOVED, finished_at__isnull=False)
