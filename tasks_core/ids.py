"""Ids of jobs: sortable for new ones, derived for those that must never be stored twice."""

import hashlib
import os
import threading
from datetime import datetime
from uuid import UUID

from tasks_core import clock

_VERSION_MASK = ~((0xF << 76) | (0x3 << 62))
_VARIANT = 0x2 << 62


class _Tails:
    """
    The 74 bits after the milliseconds: random, and within one millisecond increasing.

    So jobs that one process stores together run in the order in which they were given
    (RFC 9562 §6.2, method 2).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = (0, 0)

    def after(self, milliseconds: int) -> bytes:
        with self._lock:
            before, tail = self._last
            if before == milliseconds:
                tail += 1 + int.from_bytes(os.urandom(4), "big")
            else:
                tail = int.from_bytes(os.urandom(9), "big")
            self._last = (milliseconds, tail)
        # The two bits of the variant stand in between.
        return (tail >> 62 << 64 | tail & (1 << 62) - 1).to_bytes(10, "big")


_tails = _Tails()


def job_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7), greater than the ones before it in this process."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return _stamped(milliseconds, _tails.after(milliseconds), version=7)


def occurrence_id(key: str, due_at: datetime, batch: str = "") -> UUID:
    """
    Return the UUIDv8 that every process derives for one occurrence.

    Milliseconds of ``due_at``, then 74 bits of a hash of key, due time and batch: a second
    path to the same job (a retry, an outbox) meets the same primary key.
    """
    text = f"{key}\0{due_at.isoformat()}\0{batch}"
    digest = hashlib.sha256(text.encode()).digest()
    # MariaDB 10.11 refuses a UUIDv8 whose ninth byte is 0x80 ("Incorrect uuid value"), which
    # is one in 64: the lowest bit of that byte is always set.
    tail = digest[:2] + bytes([digest[2] | 1]) + digest[3:10]
    return _stamped(int(due_at.timestamp() * 1000), tail, version=8)


def _stamped(milliseconds: int, tail: bytes, *, version: int) -> UUID:
    number = (max(milliseconds, 0) & (1 << 48) - 1) << 80 | int.from_bytes(tail[:10], "big")
    return UUID(int=number & _VERSION_MASK | version << 76 | _VARIANT)
