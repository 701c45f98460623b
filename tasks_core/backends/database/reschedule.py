"""scheduled, ready -> scheduled, ready: change when and where an unclaimed job will run."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job
from tasks_core.states import JobState

WAITING = (JobState.SCHEDULED, JobState.READY)


def reschedule(
    alias: str,
    ids: Sequence[UUID],
    *,
    now: datetime,
    when: datetime | None = None,
    queue: str | None = None,
    priority: int | None = None,
) -> int:
    """Change what is given; return how many jobs were still unclaimed."""
    told = {"run_after": when, "queue": queue, "priority": priority}
    changes = {name: value for name, value in told.items() if value is not None}

    mine = Job.objects.using(alias).filter(pk__in=ids)

    def change() -> int:
        targets = {state: _target(state, when, now) for state in WAITING}
        # Those that stay come first: one that has just come would be counted again.
        in_order = sorted(WAITING, key=lambda state: targets[state] != state)
        return sum(mine.move(state, targets[state], **changes) for state in in_order)

    return in_transaction(alias, change)


def _target(state: JobState, when: datetime | None, now: datetime) -> JobState:
    if when is None:
        return state
    return JobState.SCHEDULED if when > now else JobState.READY
