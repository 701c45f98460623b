"""A process says that it lives. Its lease, by the server's clock, is what owns its jobs."""

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from tasks_core import conf, ids
from tasks_core.backends.redis.server import MICROSECOND, Server, instant
from tasks_core.leases import Renewal
from tasks_core.models import Process


def register(
    server: Server, *, kind: str, backend: str, queues: Sequence[str] | None, concurrency: int
) -> Process:
    """Store this process with a fresh lease and return it, as a value that no database has."""
    hostname, pid = socket.gethostname(), os.getpid()
    process_id = ids.job_id()
    told: dict[str, Any] = {
        "kind": kind,
        "name": f"{hostname}:{pid}:{process_id.hex[-4:]}",
        "hostname": hostname,
        "pid": pid,
        "backend": backend,
        "queues": ",".join(queues or []),
        "concurrency": concurrency,
    }
    pairs = [word for pair in told.items() for word in pair]
    began = instant(server.run("register", process_id.hex, _lease(), *pairs))
    return Process(
        id=process_id,
        started_at=began,
        lease_expires_at=began + conf.get("LEASE"),
        **told | {"queues": list(queues or [])},
    )


def renew(server: Server, process_id: UUID) -> Renewal:
    """Extend the lease, unless the process was taken for dead; say how it was found."""
    return Renewal(server.run("renew", process_id.hex, _lease()).decode())


def end(server: Server, process_id: UUID) -> bool:
    """Note an orderly end. Jobs still owned are left to the rescuers, from this moment on."""
    return bool(server.run("end", process_id.hex))


def _lease() -> int:
    duration: timedelta = conf.get("LEASE")
    return duration // MICROSECOND
