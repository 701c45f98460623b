"""
Tell sleeping workers what was committed, by PostgreSQL's NOTIFY; elsewhere they look themselves.

A notification is a hint. Jobs are found without it, one poll later, so nothing here may fail
or delay what it tells about.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import Error, connections, transaction

from tasks_core import clock

logger = logging.getLogger("tasks_core")

CHANNEL = "tasks_core"

# What a notification says: the name of a queue in which jobs became claimable, or one of these.
EVERYTHING = ""  # several queues, or we cannot say which: look at all
DEFERRED = "~"  # a deferred job was stored; it may be due before those that workers know of
CANCEL = "!"  # and the id of a process: somebody wants a job of its stopped

INTERVAL = 0.005  # seconds between two notifications of one process that say the same
FEW = 8  # queues that are named one by one

_sent: dict[tuple[str, str], float] = {}


def notification_due(alias: str, queue: str) -> bool:
    """
    Say whether to notify of ``queue`` now, and take it for done. Callable from any thread.

    One in 5 ms is enough: a worker that was woken looks once more after 6 ms. So whoever is
    told False *before* a commit must ask again after it (wake_after_commit does): only what
    was committed within those 5 ms is sure to be seen by that second look.
    """
    # Two threads that ask at the same instant are both told True, which costs one notification;
    # a lock would cost every enqueue.
    now = clock.monotonic()
    if now - _sent.get((alias, queue), -INTERVAL) < INTERVAL:
        return False
    if len(_sent) > 1000:  # noqa: PLR2004 - queues are few; whoever makes them up is not
        _sent.clear()
    _sent[alias, queue] = now
    return True


def wake_after_commit(alias: str, queues: Iterable[str]) -> None:
    """
    Wake the workers of ``queues`` once what was just written is committed; never if it is not.

    ``queues`` may hold EVERYTHING and DEFERRED, too. Never raises.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return
    names = set(queues)
    payloads = [EVERYTHING] if len(names) > FEW else sorted(names)
    if connection.in_atomic_block:
        transaction.on_commit(lambda: _wake(alias, payloads), using=alias)
    else:
        _wake(alias, payloads)


def ask_for_cancel(alias: str, owners: Iterable[UUID]) -> None:
    """Let the processes ``owners`` look for cancel requests, once they are committed."""
    wake_after_commit(alias, [f"{CANCEL}{owner}" for owner in owners])


def _wake(alias: str, payloads: list[str]) -> None:
    due = [payload for payload in payloads if notification_due(alias, payload)]
    if not due:
        return
    try:
        # A statement of its own that writes nothing: its commit waits for no disk, while
        # one inside the caller's transaction would hold NOTIFY's global lock until it had.
        with connections[alias].cursor() as cursor:
            calls = ", ".join(["pg_notify(%s, %s)"] * len(due))
            cursor.execute(f"SELECT {calls}", [each for name in due for each in (CHANNEL, name)])
    except Error:
        logger.warning("workers could not be notified; they will poll", exc_info=True)
