"""A schedule's row, locked for an operator, and what is due on it decided before it changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from scheduler import conf
from scheduler.definitions import policies
from scheduler.definitions.settle import decide
from scheduler.exceptions import OperationRefused, UnknownSchedule
from scheduler.models import Schedule, ScheduleQuerySet
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.conf import did_you_mean

P = ParamSpec("P")
R = TypeVar("R")

NONE_YET = " There is none yet: schedulers make them of what is declared, as does schedules sync."
LOOKED_THROUGH = 5000  # keys, for the one that was meant


def one_transaction(verb: Callable[P, R]) -> Callable[P, R]:
    """Let ``verb`` be one transaction, repeated as a whole when another one is in its way."""

    @wraps(verb)
    def act(*args: P.args, **kwargs: P.kwargs) -> R:
        return in_transaction(conf.database(), partial(verb, *args, **kwargs))

    return act


def locked(key: str) -> Schedule:
    """Return the row, locked until the transaction ends. Raises UnknownSchedule."""
    return _found(key, Schedule.objects.using(conf.database()).select_for_update())


def row_of(key: str) -> Schedule:
    """Return the row, to look at. Raises UnknownSchedule."""
    return _found(key, Schedule.objects.using(conf.database()).all())


def _found(key: str, rows: ScheduleQuerySet) -> Schedule:
    row = rows.filter(pk=key).first()
    if row is None:
        every = Schedule.objects.using(conf.database())
        keys = list(every.values_list("key", flat=True)[:LOOKED_THROUGH])
        known = did_you_mean(key, keys) if keys else NONE_YET
        raise UnknownSchedule(f"There is no schedule {key!r:.80}.{known}")
    return row


def decided(row: Schedule, *, now: datetime, by: str) -> bool:
    """Decide what the locked row has due until ``now``; say whether that could be done."""
    if not row.enabled or row.retired_at is not None:
        return True  # nothing is due until it comes back, and then it begins anew
    if row.quarantined_at is not None:
        return False
    return decide(row, now=now, recorded_by=by)


def later(until: datetime | timedelta | str | None, *, now: datetime) -> datetime | None:
    """Return an instant that is still to come. Raises OperationRefused for one that is over."""
    moment = now + until if isinstance(until, timedelta) else policies.moment("until", until)
    if moment is not None and moment <= now:
        raise OperationRefused(f"until={moment.isoformat()} is over; it is {now.isoformat()}.")
    return moment
