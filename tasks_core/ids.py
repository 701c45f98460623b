"""Ids of jobs: sortable for new ones, derived for those that must never be stored twice."""

import hashlib
import os
import struct
import threading
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from tasks_core import clock

_TAIL_MASK = (1 << 76) - 1 & ~(0x3 << 62)
_VARIANT = 0x2 << 62
_LOW = (1 << 62) - 1


class _Tails:
    """
    The 74 bits after the milliseconds: random, and within one millisecond increasing.

    So jobs that one process stores together run in the order in which they were given
    (RFC 9562 §6.2, method 2).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = (0, 0)

    def after(self, milliseconds: int, count: int) -> list[int]:
        random = os.urandom(9 + 4 * count)
        with self._lock:
            before, tail = self._last
            if before != milliseconds:
                tail = int.from_bytes(random[:9], "big")
            steps = struct.unpack(f"{count}I", random[9:])
            tails = [tail := tail + step + 1 for step in steps]
            self._last = (milliseconds, tail)
        return tails


_tails = _Tails()


def job_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7), greater than the ones before it in this process."""
    return job_ids(1)[0]


def job_ids(count: int) -> list[UUID]:
    """Return so many of them, of one millisecond, in increasing order."""
    milliseconds = int(clock.now().timestamp() * 1000)
    begin = _stamp(milliseconds, version=7)
    # The two bits of the variant stand between the first twelve bits of a tail and the others.
    return [
        UUID(int=begin | tail >> 62 << 64 | tail & _LOW)
        for tail in _tails.after(milliseconds, count)
    ]


def made_at(job_id: UUID) -> datetime | None:
    """Return when the id of a job was made, to the millisecond; None for one that does not say."""
    if job_id.version != 7:  # noqa: PLR2004 - RFC 9562
        return None
    return datetime.fromtimestamp((job_id.int >> 80) / 1000, UTC)


@lru_cache(maxsize=2048)  # asked for the row in the ledger, and soon after for the job
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
    number = int.from_bytes(tail, "big") & _TAIL_MASK
    return UUID(int=_stamp(int(due_at.timestamp() * 1000), version=8) | number)


def _stamp(milliseconds: int, *, version: int) -> int:
    """Return the bits before the tail, and those of version and variant."""
    return (max(milliseconds, 0) & (1 << 48) - 1) << 80 | version << 76 | _VARIANT
