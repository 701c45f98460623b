"""run: one job now, beside the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.exceptions import OperationRefused
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.batches import Batch, known_trigger, make
from scheduler.operations.locking import locked, one_transaction
from scheduler.turn.arguments import Arguments
from tasks_core import clock, ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The job that was made, or that the schedule's arguments declined."""

    key: str
    batch: str
    due_at: datetime  # what the job is told as scheduled_for
    job_id: UUID | None  # None: declined, and recorded so

    @property
    def is_declined(self) -> bool:
        return self.job_id is None


@one_transaction
def run(
    key: str,
    *,
    user: Operator = BY_CODE,
    reason: str = "",
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> Ran:
    """
    Make one job of the schedule now, and nothing else: it stays due as it was.

    So does one that is paused, disabled, retired or in quarantine. ``args`` and ``kwargs``
    replace the schedule's own, for this job. Raises OperationRefused if the task is not known.
    """
    row = locked(key)
    if row.renamed_to:
        raise OperationRefused(f"{key!r:.80} was renamed; run {row.renamed_to!r:.80}.")
    now = clock.db_now(conf.database())
    batch = Batch(
        id=f"run-{ids.job_id().hex}",
        by=name_of(user),
        now=now,
        creator=None if isinstance(user, str) or user.pk is None else user,
        arguments=_given(row, args, kwargs),
    )
    enqueued, _declined = make(row, [now], batch, trigger=known_trigger(row))
    job_id = ids.occurrence_id(row.key, now, batch.id) if enqueued else None
    told = {"batch": batch.id, "job": str(job_id) if job_id else None}
    note("run", row, user=user, at=now, told=_("Run by hand"), reason=reason, **told)
    return Ran(key=key, batch=batch.id, due_at=now, job_id=job_id)


def _given(
    row: Schedule, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None
) -> Arguments | None:
    """Return the arguments that stand in place of the schedule's; None if none do."""
    if args is None and kwargs is None:
        return None
    if (args is None and row.args_from) or (kwargs is None and row.kwargs_from):
        raise OperationRefused(
            f"The arguments of {row.key!r:.80} are computed: give both args and kwargs, or none."
        )
    return row.args if args is None else args, row.kwargs if kwargs is None else kwargs
