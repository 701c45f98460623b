"""
Limits again: look at every key that jobs are parked for.

Whoever frees a permit lets the next job through at once; what a crash kept from that is found
here, and jobs that wait for their rate are let through when it is time.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db.models import Q

from tasks_core import limits
from tasks_core.attempts import Attempt
from tasks_core.backends.database.admit import admit
from tasks_core.backends.database.allowances import COLUMNS, CONCURRENCY, RATE
from tasks_core.models import Job, Limit
from tasks_core.states import JobState

KEYS = 100  # of each kind that are looked at in one sweep

_left_off: dict[tuple[str, str], str] = {}
"""Where the last sweep of this process ended, by database and column; the next goes on there."""


def admit_all(alias: str, now: datetime, ended: Iterable[Attempt] | None = None) -> datetime | None:
    """
    Let through what its limits allow; return when the next may pass for its rate, or None.

    Looks at the keys of the ``ended`` attempts, or at all for which jobs are parked: at most
    a hundred of each kind in one call, and others in the next.
    """
    found = {column: _some(alias, column) for column in COLUMNS} if ended is None else _of(ended)
    if any(found.values()):
        admit(alias, concurrency_keys=found[CONCURRENCY], rate_keys=found[RATE], now=now)
    return _next_at(alias, found[RATE], now=now)


def _of(attempts: Iterable[Attempt]) -> dict[str, list[str]]:
    """Return the keys of ``attempts``, each once."""
    jobs = list(attempts)
    concurrency = {job.concurrency_key for job in jobs if job.concurrency_key is not None}
    rates = {job.rate_key for job in jobs if job.rate_key is not None}
    return {CONCURRENCY: sorted(concurrency), RATE: sorted(rates)}


def _some(alias: str, column: str) -> list[str]:
    """Return keys that jobs are parked for, in turn."""
    after = _left_off.pop((alias, column), "")
    names = list(islice(_names(alias, column, after), KEYS))
    if len(names) == KEYS:
        _left_off[alias, column] = names[-1]
    elif after:
        names += islice(_names(alias, column, ""), KEYS - len(names))
    return list(dict.fromkeys(names))


def _names(alias: str, column: str, after: str) -> Iterator[str]:
    """Yield the keys behind ``after``, each at the cost of one look into the index."""
    parked = Job.objects.using(alias).filter(
        state=JobState.READY, parked__in=[True], finished_at__isnull=True
    )
    names = parked.order_by(column).values_list(column, flat=True)
    name = names.filter(**{f"{column}__gt": after}).first()
    while name is not None:
        yield name
        name = names.filter(**{f"{column}__gt": name}).first()


def _next_at(alias: str, names: list[str], *, now: datetime) -> datetime | None:
    # Also of those that nobody is parked for yet: whoever comes before it is time will be.
    waits = Q(pk__in=names) | Q(next_at__gt=now)
    rows = Limit.objects.using(alias).filter(waits)
    return min((_ready_at(limit, now) for limit in rows), default=None)


def _ready_at(limit: Limit, now: datetime) -> datetime:
    each = limits.current_spacing(limit.key, limit.spacing)
    if each is None:
        return now  # more were parked than pass at once
    # Of a fast rate several at a time, while as many again may still be saved up.
    due = limits.earliest(limit.next_at, each, now=now) + (limits.burst(each) // 2) * each
    # A due one that is still parked waits for the claims of those before it.
    return due if due > now else now + max(each, limits.BURST)
