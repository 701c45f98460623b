"""nothing -> scheduled, ready: store calls, in the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, connections, transaction

from tasks_core import ids
from tasks_core.backends.database.held import holders
from tasks_core.backends.database.limits import limited
from tasks_core.backends.database.snapshots import snapshot_of
from tasks_core.backends.database.statements.columns import columns_of
from tasks_core.backends.database.statements.insertion import insert
from tasks_core.backends.database.transactions import in_one_statement, in_transaction
from tasks_core.backends.database.wakeup.telling import DEFERRED, wake_after_commit
from tasks_core.backends.served.told import Stored
from tasks_core.calls import Call
from tasks_core.results import Snapshot
from tasks_core.states import JobState

BATCH = 1000  # jobs that are inserted together
KEY_TRIES = 3


def enqueue(alias: str, calls: Sequence[Call]) -> list[Stored]:
    """
    Store ``calls`` and return their jobs, in the same order.

    A call with a key of which an unfinished job exists stores nothing: its job is that one.
    Repeated after a deadlock, unless inside a caller's transaction. Raises IntegrityError for a
    call whose ``id`` is taken.
    """
    new_ids = iter(ids.job_ids(sum(call.id is None for call in calls)))
    named = [(call.id or next(new_ids), call) for call in calls]
    batches = [named[start : start + BATCH] for start in range(0, len(named), BATCH)]

    def store() -> list[Stored]:
        return [stored for batch in batches for stored in _store(alias, batch)]

    is_simple = len(calls) == 1 or (len(batches) == 1 and not any(call.key for call in calls))
    if connections[alias].in_atomic_block:
        with transaction.atomic(using=alias, savepoint=False):
            stored = store()
    else:
        stored = (in_one_statement if is_simple else in_transaction)(alias, store)
    limited.let_through(alias, calls)
    wake_after_commit(alias, _woken(stored, calls))
    return stored


def _store(alias: str, batch: Sequence[tuple[UUID, Call]]) -> list[Stored]:
    """Insert the jobs of a batch, but for calls whose key is held find the job that holds it."""
    # In one order, so that two who store the same keys do not lock each other out.
    waiting = sorted(range(len(batch)), key=lambda place: batch[place][1].key or "")
    stored: dict[int, Stored] = {}
    for _ in range(KEY_TRIES):
        named = [batch[place] for place in waiting]
        states = insert(alias, columns_of([call for _, call in named], [pk for pk, _ in named]))
        held = [call for (_, call), state in zip(named, states, strict=True) if state is None]
        found = holders(alias, held) if held else {}
        for place, (pk, call), state in zip(waiting, named, states, strict=True):
            if state is not None:
                stored[place] = Stored(Snapshot(id=pk, status=state), is_new=True)
            elif job := found.get(str(call.key)):
                stored[place] = Stored(snapshot_of(job), is_new=False)
        # What held a key has ended between two statements: it is free now.
        waiting = [place for place in waiting if place not in stored]
        if not waiting:
            return [stored[place] for place in range(len(batch))]
    raise IntegrityError(f"The keys of {len(waiting)} calls are held by jobs that cannot be seen.")


def _woken(stored: Sequence[Stored], calls: Sequence[Call]) -> set[str]:
    """Return what to tell workers of: queues, and that something is deferred."""
    queues = {call.queue for call in calls}
    deferred = any(each.snapshot.status == JobState.SCHEDULED for each in stored)
    return queues | {DEFERRED} if deferred else queues
