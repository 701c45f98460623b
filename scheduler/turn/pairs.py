"""Batch after batch until nothing is due: two at a time, where the database can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from django.db import DatabaseError, connections

from scheduler import conf
from scheduler.turn.batches import Batch


def drain(
    work: Callable[[], Batch], *, goes_on: Callable[[Batch], bool], most: int | None
) -> Batch:
    """
    Do ``work`` until a batch of it says that nothing is left, and return them as one.

    At most so many; None is as many as it takes. From the second on a thread helps, with a
    connection of its own, as another process would: while the database works for the one,
    Python decides for the other.
    """
    total = work()
    if most == 1 or not goes_on(total):
        return total
    left: Iterator[int] = count() if most is None else iter(range(most - 1))  # of both

    def rest() -> Batch:
        done = Batch()
        for _ in left:
            batch = work()
            done.add(batch)
            if not goes_on(batch):
                break
        return done

    if not _may_be_two(conf.database()):
        total.add(rest())
        return total
    with ThreadPoolExecutor(1, thread_name_prefix="scheduler") as second:
        helped = second.submit(_as_a_guest, rest)
        total.add(rest())
    total.add(helped.result())
    return total


def _may_be_two(alias: str) -> bool:
    """Say whether two transactions can work on different rows, and neither is within another."""
    connection = connections[alias]
    return connection.features.has_select_for_update_skip_locked and not connection.in_atomic_block


def _as_a_guest(work: Callable[[], Batch]) -> Batch:
    try:
        try:
            connections[conf.database()].ensure_connection()
        except DatabaseError:  # there are as many connections as may be: one has to do
            return Batch()
        return work()
    finally:
        connections.close_all()
