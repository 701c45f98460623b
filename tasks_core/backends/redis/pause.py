"""Queues that rest: their jobs are stored and wait, and those that run go on."""

import json
from datetime import datetime

from tasks_core.backends.redis.server import Server, microseconds
from tasks_core.options import MAX_LABEL
from tasks_core.outcomes import storable

MAX_REASON = 255


def pause(server: Server, queue: str, *, now: datetime, by: str = "", reason: str = "") -> bool:
    """Let nobody claim a job of ``queue``; return False if it was paused already."""
    told = {
        "at": microseconds(now),
        "by": storable(by[:MAX_LABEL], MAX_LABEL),
        "reason": storable(reason[:MAX_REASON], MAX_REASON),
    }
    return bool(int(server.once("pause", queue, json.dumps(told))))


def resume(server: Server, queue: str) -> bool:
    """Let the jobs of ``queue`` be claimed again; return False if it was not paused."""
    return bool(int(server.once("resume", queue)))


def paused(server: Server) -> frozenset[str]:
    """Return the names of the queues that are paused."""
    return frozenset(name.decode() for name in server.client.hkeys(server.key("paused")))
