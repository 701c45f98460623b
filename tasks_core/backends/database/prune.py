"""successful, failed, cancelled -> nothing: remove what ended long ago."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet

from tasks_core import conf
from tasks_core.backends.database.limits.allowances import COLUMNS
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.served.moving import MOVED
from tasks_core.models import Job, JobQuerySet, Limit, Process, Queue
from tasks_core.states import UNFINISHED, JobState

BATCH = 1000  # rows in one transaction, so that nobody waits for long
FEW = 100  # limits in one transaction
SETTLED = timedelta(days=1)  # a rate that nobody used for so long has nothing to remember


def retention(state: JobState) -> timedelta:
    """Return how long jobs that ended in ``state`` are kept."""
    kept: timedelta = conf.get(f"RETAIN_{state.name}")
    return kept


def prune(
    alias: str, state: JobState, *, now: datetime, older_than: timedelta | None = None
) -> Iterator[int]:
    """
    Remove jobs in the final ``state``, batch by batch; yield the size of each batch.

    Each batch is one transaction, of the oldest; what another pruner, or an operator, has
    locked is skipped.
    """
    age = retention(state) if older_than is None else older_than
    old = Job.rows.using(alias).in_state(state).filter(finished_at__lt=now - age)
    if state is JobState.CANCELLED:
        old = old.exclude(reason__startswith=MOVED)  # until they have arrived
    # A look without locks first: mostly nothing is old, and SQLite has one writer.
    while old.exists() and (count := in_transaction(alias, lambda: _bite(old))):
        yield count


def _bite(old: JobQuerySet) -> int:
    oldest = old.order_by("finished_at").select_for_update(skip_locked=True)
    batch = list(oldest.values_list("pk", flat=True)[:BATCH])
    mine = Job.rows.using(old.db)
    if connections[old.db].vendor == "mysql":
        # For a list it may read the whole table, and wait for every row that is locked.
        return sum(mine.filter(pk=pk).delete()[0] for pk in batch)
    return mine.filter(pk__in=batch).delete()[0]


def prune_processes(alias: str, *, now: datetime) -> int:
    """Remove processes that stopped a day ago and own nothing."""
    yesterday = now - timedelta(days=1)
    stopped = Process.objects.using(alias).filter(stopped_at__lt=yesterday, jobs__isnull=True)
    return stopped.delete()[0]


def prune_keys(alias: str, *, now: datetime) -> int:
    """
    Remove limits that no unfinished job has, and what is kept of queues that are not paused.

    A limit that is needed again is made again, as the jobs say; up to a hundred at a time.
    """
    restful = Q(next_at__isnull=True) | Q(next_at__lt=now - SETTLED)
    unused = Limit.objects.using(alias).filter(restful)
    for column in COLUMNS:
        unused = unused.filter(~Exists(_unfinished_with(alias, column)))
    going_on = Queue.objects.using(alias).filter(paused_at__isnull=True)
    return _remove(unused) + _remove(going_on)


def _unfinished_with(alias: str, column: str) -> JobQuerySet:
    return Job.rows.using(alias).filter(
        **{column: OuterRef("key")},
        state__in=sorted(UNFINISHED),
        parked__in=[True, False],  # as the index has it
    )


def _remove(rows: QuerySet[Limit] | QuerySet[Queue]) -> int:
    def work() -> int:
        # Locked first: who admits a job, or pauses a queue, is skipped. Asked again then,
        # since somebody may have done so just before; and one by one, as above.
        found = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)
        return sum(rows.filter(pk=pk).delete()[0] for pk in list(found[:FEW]))

    return in_transaction(rows.db, work) if rows.exists() else 0
