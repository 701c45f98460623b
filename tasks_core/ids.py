"""Ids of jobs: sortable for new ones, derived for those that must never be stored twice."""

import hashlib
import os
from datetime import datetime
from uuid import UUID

from tasks_core import clock

_VERSION_MASK = ~((0xF << 76) | (0x3 << 62))
_VARIANT = 0x2 << 62


def job_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7): milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return _stamped(milliseconds, os.urandom(10), version=7)


def occurrence_id(key: str, due_at: datetime, batch: str = "") -> UUID:
    """
    Return the UUIDv8 that every process derives for one occurrence.

    Milliseconds of ``due_at``, then 74 bits of a hash of key, due time and batch: a second
    path to the same job (a retry, an outbox) meets the same primary key.
    """
    text = f"{key}\0{due_at.isoformat()}\0{batch}"
    digest = hashlib.sha256(text.encode()).digest()
    return _stamped(int(due_at.timestamp() * 1000), digest[:10], version=8)


def _stamped(milliseconds: int, tail: bytes, *, version: int) -> UUID:
    number = (max(milliseconds, 0) & (1 << 48) - 1) << 80 | int.from_bytes(tail[:10], "big")
    return UUID(int=number & _VERSION_MASK | version << 76 | _VARIANT)
