"""Hear of commits as soon as they are made: who can, on which database."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import connections

from tasks_core.backends.database.wakeup.postgresql import PostgresListener
from tasks_core.backends.database.wakeup.sqlite import SqliteListener
from tasks_core.wakes import Listener


def listener(
    alias: str, *, queues: Sequence[str] | None, owner: Callable[[], UUID]
) -> Listener | None:
    """
    Return who hears of commits on ``alias`` for a worker of ``queues``, or None: it must poll.

    ``owner`` returns the id under which the worker owns jobs at the moment.
    """
    match connections[alias].vendor:
        case "postgresql":
            return PostgresListener(alias, queues=queues, owner=owner)
        case "sqlite":
            return SqliteListener(alias)
        case _:
            return None
