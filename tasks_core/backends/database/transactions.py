"""One short transaction, repeated as a whole when the database says that two of them collided."""

import random
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections, transaction

from tasks_core import clock

T = TypeVar("T")

TRIES = 5
FIRST_PAUSE = 0.01  # seconds; doubled for each further try, with full jitter

POSTGRESQL_CONFLICTS = frozenset({"40001", "40P01"})  # serialization failure, deadlock
MYSQL_CONFLICTS = frozenset({1213, 1205})  # deadlock, lock wait timeout
MYSQL_REFUSALS = frozenset({1300, 1366})  # text that the column's character set cannot hold


def in_transaction(alias: str, work: Callable[[], T], *, durable: bool = False) -> T:
    """
    Run ``work`` in a transaction on ``alias`` and return what it returns.

    Repeated up to five times after a deadlock; not inside a caller's transaction, of which
    the database has then undone more than we could repeat.
    """

    def in_one() -> T:
        with transaction.atomic(using=alias, durable=durable):
            return work()

    return _repeated(alias, in_one)


def in_one_statement(alias: str, work: Callable[[], T]) -> T:
    """
    Run ``work``, one statement and so a transaction by itself, as ``in_transaction`` would.

    Inside a caller's transaction it gets a savepoint, so that its failure ends nothing else.
    """
    if connections[alias].in_atomic_block:
        return in_transaction(alias, work)
    try:
        return _repeated(alias, work)
    except (OperationalError, InterfaceError):
        # As the end of a transaction would: who asks again is to find a connection that works.
        connections[alias].close_if_unusable_or_obsolete()
        raise


def _repeated(alias: str, work: Callable[[], T]) -> T:
    for number in range(TRIES):
        nested = connections[alias].in_atomic_block
        try:
            return work()
        except OperationalError as error:
            if nested or number == TRIES - 1 or not is_conflict(error):
                raise
        clock.sleep(random.uniform(0, FIRST_PAUSE * 2**number))  # noqa: S311 - jitter
    raise AssertionError("unreachable")


def is_conflict(error: OperationalError) -> bool:
    """Say whether another transaction was in the way, so that repeating this one may help."""
    if getattr(error.__cause__, "sqlstate", None) in POSTGRESQL_CONFLICTS:
        return True
    if error.args and error.args[0] in MYSQL_CONFLICTS:
        return True
    return "database is locked" in str(error)


def is_outage(error: Exception) -> bool:
    """Say whether the database was away or busy, rather than refusing what it was given."""
    if isinstance(error, OperationalError):
        return not (error.args and error.args[0] in MYSQL_REFUSALS)
    return isinstance(error, InterfaceError)
