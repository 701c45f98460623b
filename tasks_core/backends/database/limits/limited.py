"""Calls with limits: their jobs are stored parked, and let through once they are committed."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction

from tasks_core import conf, limits
from tasks_core.backends.database.limits.admit import admit_after_commit
from tasks_core.backends.database.limits.allowances import CONCURRENCY, RATE, Key, declare
from tasks_core.backends.database.wakeup.telling import DEFERRED, wake_after_commit
from tasks_core.calls import Call

COLUMNS = ("concurrency_key", "concurrency_limit", "rate_key", "parked")


def columns_of(calls: Sequence[Call]) -> dict[str, list[Any]]:
    """Return the columns that speak of limits; none if no call has any."""
    if not _may_have(calls):
        return {}
    rows = []
    for call in calls:
        (key, permits), rate = call.concurrency or (None, None), _rate(call)
        is_parked = key is not None or rate is not None
        rows.append((key, permits, rate and rate[0], is_parked))
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def let_through(alias: str, calls: Sequence[Call]) -> None:
    """Let the jobs of ``calls`` run as far as their limits allow, once they are committed."""
    if not _may_have(calls):
        return
    permits = dict(call.concurrency for call in calls if call.concurrency)
    spacings = dict(rate for rate in map(_rate, calls) if rate)
    if permits or spacings:
        # Robust: what fails here is only late, since the sweep finds it.
        told = partial(declare, alias, permits=permits, spacings=spacings)
        transaction.on_commit(told, using=alias, robust=True)
        keys = [Key(CONCURRENCY, name) for name in permits]
        keys += [Key(RATE, name) for name in spacings]
        admit_after_commit(alias, keys, queues={call.queue for call in calls})
    if spacings:
        wake_after_commit(alias, [DEFERRED])  # workers find out when the next may pass


def _may_have(calls: Sequence[Call]) -> bool:
    return bool(conf.get("RATE_LIMITS")) or any(call.concurrency or call.rate for call in calls)


def _rate(call: Call) -> tuple[str, timedelta] | None:
    return limits.rate_of(task=call.func.name, queue=call.queue, rate=call.rate)
