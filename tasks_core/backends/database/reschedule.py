"""scheduled, ready -> scheduled, ready: change when and where an unclaimed job will run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from tasks_core import limits
from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.limits.allowances import IS_LIMITED
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import EVERYTHING, wake_after_commit
from tasks_core.models import Job, JobQuerySet
from tasks_core.states import WAITING, JobState


def reschedule(
    alias: str,
    ids: Sequence[UUID],
    *,
    now: datetime,
    when: datetime | None = None,
    queue: str | None = None,
    priority: int | None = None,
) -> int:
    """
    Change what is given; return how many jobs were still unclaimed.

    One with a limit that is put off gives its permit back, and waits for it again.
    """
    told = {"run_after": when, "queue": queue, "priority": priority}
    changes: dict[str, Any] = {name: value for name, value in told.items() if value is not None}

    mine = Job.rows.using(alias).filter(pk__in=ids)
    if when is not None or queue is not None:
        changes["parked"] = IS_LIMITED

    def change() -> int:
        if queue is not None:
            _take_the_rate_of(queue, mine)
        admit_after_commit(alias, keys_of(mine))
        wake_after_commit(alias, [EVERYTHING])
        targets = {state: _target(state, when, now) for state in WAITING}
        # Those that stay come first: one that has just come would be counted again.
        in_order = sorted(WAITING, key=lambda state: targets[state] != state)
        return sum(mine.move(state, targets[state], **changes) for state in in_order)

    return in_transaction(alias, change)


def _target(state: JobState, when: datetime | None, now: datetime) -> JobState:
    if when is None:
        return state
    return JobState.SCHEDULED if when > now else JobState.READY


def _take_the_rate_of(queue: str, jobs: JobQuerySet) -> None:
    """Let the jobs obey the rate of their new queue, unless they have one of their own."""
    of_queues = Q(rate_key__isnull=True) | Q(rate_key__startswith=limits.OF_QUEUE)
    jobs.filter(of_queues, state__in=WAITING).update(rate_key=limits.key_of_queue(queue))
