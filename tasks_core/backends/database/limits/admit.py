"""
Limits: let parked jobs through to the claims, as far as their keys allow.

A job with a concurrency key or a rate key is stored parked: ready, but outside the indexes of
the claims, so that a hundred thousand blocked jobs cost a claim nothing. Whoever enqueues,
ends or gives back such a job admits the next ones here, under a lock on the row of each key.
What is counted are the jobs themselves, so that no crash can keep a permit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections, transaction
from django.db.models import CharField, Func, Q, Value

from tasks_core import clock
from tasks_core.backends.database.limits.allowances import (
    COLUMNS,
    CONCURRENCY,
    LIMITED,
    MOST,
    RATE,
    Key,
    allowed,
    create,
    spend,
)
from tasks_core.backends.database.pause import paused
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import wake_after_commit
from tasks_core.models import Job, JobQuerySet, Limit
from tasks_core.states import JobState

SPARE = 20  # more jobs are looked at where another key may hold the first ones back
KEYS = 50  # that are locked together
TRIES = 3


class Parked(NamedTuple):
    """What is read of a parked job, in this order."""

    pk: UUID
    queue: str
    concurrency_key: str | None
    concurrency_limit: int | None
    rate_key: str | None

    @property
    def keys(self) -> list[Key]:
        found = zip(COLUMNS, (self.concurrency_key, self.rate_key), strict=True)
        return [Key(column, name) for column, name in found if name is not None]


def admit(
    alias: str,
    *,
    concurrency_keys: Iterable[str] = (),
    rate_keys: Iterable[str] = (),
    now: datetime,
) -> int:
    """
    Let the best parked jobs of these keys through, and return how many.

    Of one concurrency key never more are admitted (running, or ready and not parked) than its
    permits. Of one rate key at most ``burst`` wait admitted for a claim: what the rate allows
    in 100 ms, and at least one. So of N in a period, at most N + 2 x burst start in any such
    period, however busy the workers were. A job with both keys passes both.

    Best means highest priority, then oldest. Not to be called inside a transaction, which would
    keep the keys locked until it ends.
    """
    asked = [Key(CONCURRENCY, name) for name in concurrency_keys]
    asked += [Key(RATE, name) for name in rate_keys]
    together = (asked[start : start + KEYS] for start in range(0, len(asked), KEYS))
    return sum(_admit(alias, keys, now=now) for keys in together)


def keys_of(jobs: JobQuerySet) -> set[Key]:
    """Return the keys of ``jobs``; asked before they are changed, or removed."""
    pairs = jobs.filter(LIMITED).order_by().values_list(*COLUMNS).distinct()
    return {
        Key(column, name)
        for pair in pairs
        for column, name in zip(COLUMNS, pair, strict=True)
        if name is not None
    }


def admit_after_commit(
    alias: str, keys: Collection[Key], *, queues: Collection[str] | None = None
) -> None:
    """
    Let the next jobs of ``keys`` through once what was just written is committed.

    ``queues`` are those of jobs that were stored, and all that has changed: while they are
    paused nobody is looked for, however many are parked there.
    """
    if not keys:
        return

    def work() -> None:
        if queues is None or not paused(alias).issuperset(queues):
            admit(
                alias,
                concurrency_keys=[key.name for key in keys if key.column == CONCURRENCY],
                rate_keys=[key.name for key in keys if key.column == RATE],
                now=clock.db_now(alias),
            )

    # Robust: what fails here is only late, since the sweep finds it.
    transaction.on_commit(work, using=alias, robust=True)


def _admit(alias: str, asked: Sequence[Key], *, now: datetime) -> int:
    closed = paused(alias)
    waiting = {key: _waiting(alias, key, closed=closed, now=now) for key in asked}
    # First without a lock: SQLite has only one, and mostly nobody waits.
    seen = [job for jobs in waiting.values() for job in _read(jobs, MOST)]
    for _ in range(TRIES if seen else 0):
        passed = in_transaction(alias, lambda: _let_through(alias, waiting, seen, now=now))
        if passed is not None:
            wake_after_commit(alias, {job.queue for job in passed})
            return len(passed)
        create(alias, {key for job in seen for key in job.keys})
    return 0


def _let_through(
    alias: str, waiting: Mapping[Key, JobQuerySet], seen: Sequence[Parked], *, now: datetime
) -> list[Parked] | None:
    """Admit under the lock; return None when a key has no row that could be locked."""
    keys = {key for job in seen for key in job.keys}
    names = {key.name for key in keys}
    kept = _locked(alias, names)
    if len(kept) < len(names):
        return None
    said = {job.concurrency_key: job.concurrency_limit for job in seen}
    room = allowed(alias, kept, keys=keys, said=said, now=now)
    spare = SPARE if any(len(job.keys) > 1 for job in seen) else 0

    passed: dict[UUID, Parked] = {}
    for key in (key for key in waiting if room.get(key)):
        # What an operator holds in a transaction is skipped, never waited for.
        locked = waiting[key].select_for_update(skip_locked=True)
        for job in _read(locked, room[key] + spare):
            if job.pk not in passed and all(room.get(each) for each in job.keys):
                passed[job.pk] = job
                room.update({each: room[each] - 1 for each in job.keys})
    _unpark(alias, list(passed))
    spend(alias, kept, (job.rate_key for job in passed.values()), now=now)
    return list(passed.values())


def _locked(alias: str, names: Collection[str]) -> dict[str, Limit]:
    # In one order, so that two who admit jobs of the same two keys cannot block each other.
    rows = Limit.objects.using(alias).filter(pk__in=names).order_by("key").select_for_update()
    if connections[alias].vendor == "postgresql":
        # Until the commit: it takes the counts of fifty keys for dear, and compiles for 1.5 s
        # what is answered in 1 ms.
        off = (Value("jit"), Value("off"), Value(value=True))
        rows = rows.annotate(jit=Func(*off, function="set_config", output_field=CharField()))
    return {limit.key: limit for limit in rows}


def _unpark(alias: str, pks: list[UUID]) -> None:
    jobs = Job.rows.using(alias)
    if connections[alias].vendor == "mysql":
        # For a list it may read the whole table, and wait for every row that is locked.
        for pk in pks:
            jobs.filter(pk=pk).update(parked=False)
    else:
        jobs.filter(pk__in=pks).update(parked=False)


def _waiting(alias: str, key: Key, *, closed: Collection[str], now: datetime) -> JobQuerySet:
    """Return the parked jobs that ``key`` keeps, best first, as its index has them."""
    jobs = Job.rows.using(alias).filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        state=JobState.READY,
        parked__in=[True],  # a plain test for truth would keep SQLite from its index
        **{key.column: key.name},
    )
    if closed:  # else its jobs would hold permits that others could use
        jobs = jobs.exclude(queue__in=closed)
    return jobs.order_by("-priority", "run_after")


def _read(jobs: JobQuerySet, limit: int) -> list[Parked]:
    return [Parked(*row) for row in jobs.values_list(*Parked._fields)[:limit]]
