"""
Limits again: look at every key that jobs are parked for.

Whoever frees a permit lets the next job through at once; what a crash kept from that is found
here, and jobs that wait for their rate are let through when it is time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice

from django.db.models import Q

from tasks_core import limits
from tasks_core.attempts import Attempt
from tasks_core.backends.database.limits.admit import admit
from tasks_core.backends.database.limits.allowances import COLUMNS, CONCURRENCY, RATE
from tasks_core.backends.database.pause import paused
from tasks_core.models import Job, Limit
from tasks_core.states import JobState

KEYS = 100  # of each kind that are looked at in one sweep
REST = timedelta(seconds=1)  # to the next look when nothing could pass although it was time

_left_off: dict[tuple[str, str], str] = {}
"""Where the last sweep of this process ended, by database and column; the next goes on there."""


def admit_all(alias: str, now: datetime, ended: Iterable[Attempt] | None = None) -> datetime | None:
    """
    Let through what its limits allow; return when to come back for more, or None.

    Looks at the keys of the ``ended`` attempts, or at all for which jobs are parked: at most
    a hundred of each kind in one call, and others in the next, at once if these had room.
    """
    found = _some_of_all(alias) if ended is None else _of(ended)
    passed = any(found.values()) and admit(
        alias, concurrency_keys=found[CONCURRENCY], rate_keys=found[RATE], now=now
    )
    if passed and ended is None and any((alias, column) in _left_off for column in COLUMNS):
        return now
    return _next_at(alias, found[RATE], now=now, rest=limits.BURST if passed else REST)


def _of(attempts: Iterable[Attempt]) -> dict[str, list[str]]:
    """Return the keys of ``attempts``, each once."""
    jobs = list(attempts)
    concurrency = {job.concurrency_key for job in jobs if job.concurrency_key is not None}
    rates = {job.rate_key for job in jobs if job.rate_key is not None}
    return {CONCURRENCY: sorted(concurrency), RATE: sorted(rates)}


def _some_of_all(alias: str) -> dict[str, list[str]]:
    closed = cache(lambda: paused(alias))  # not asked where nobody is parked
    return {column: _some(alias, column, closed) for column in COLUMNS}


def _some(alias: str, column: str, closed: Callable[[], Collection[str]]) -> list[str]:
    """Return keys that jobs are parked for, in turn."""
    after = _left_off.pop((alias, column), "")
    names = list(islice(_names(alias, column, after, closed=closed), KEYS))
    if len(names) == KEYS:
        _left_off[alias, column] = names[-1]
    elif after:
        names += islice(_names(alias, column, "", closed=closed), KEYS - len(names))
    return list(dict.fromkeys(names))


def _names(
    alias: str, column: str, after: str, *, closed: Callable[[], Collection[str]]
) -> Iterator[str]:
    """Yield the keys behind ``after``, each at the cost of one look into the index."""
    parked = Job.rows.using(alias).filter(state=JobState.READY, parked__in=[True])
    names = parked.order_by(column).values_list(column, flat=True)
    name = names.filter(**{f"{column}__gt": after}).first()
    if name is not None and closed():
        # What only waits for its queue to go on has no business here: a rate that is never
        # used up would keep every worker busy.
        names = names.exclude(queue__in=closed())
        name = names.filter(**{f"{column}__gt": after}).first()
    while name is not None:
        yield name
        name = names.filter(**{f"{column}__gt": name}).first()


def _next_at(alias: str, names: list[str], *, now: datetime, rest: timedelta) -> datetime | None:
    """Return when the first of these rates has room again, or of those used a moment ago."""
    # Also of those that nobody is parked for yet: whoever comes before it is time will be.
    used = Q(next_at__gt=now - limits.BURST)
    found = []
    for limit in Limit.objects.using(alias).filter(used | Q(pk__in=names)):
        due, each = _due(limit, now)
        if due > now:
            found.append(due)
        elif limit.key in names:
            # What is still parked waits for the claims of those before it, or for a permit.
            found.append(now + max(each, rest) if each else now)
    return min(found, default=None)


def _due(limit: Limit, now: datetime) -> tuple[datetime, timedelta]:
    """Return when it is worth while to look at a rate again, and the time between two starts."""
    each = limits.current_spacing(limit.key, limit.spacing)
    if each is None:  # no limit any more: more were parked than pass at once
        return now, timedelta(0)
    # Of a fast rate several at a time, while as many again may still be saved up.
    return limits.earliest(limit.next_at, each, now=now) + (limits.burst(each) // 2) * each, each
