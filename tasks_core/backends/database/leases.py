"""A process says that it lives. Its lease, by the database's clock, is what owns its jobs."""

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from tasks_core import clock, conf, ids
from tasks_core.backends.database.prune import prune_processes
from tasks_core.leases import Renewal
from tasks_core.models import Job, Process


def register(
    alias: str, *, kind: str, backend: str, queues: Sequence[str] | None, concurrency: int
) -> Process:
    """Store this process with a fresh lease and return it; who comes, sweeps up who left."""
    now = clock.db_now(alias)
    prune_processes(alias, now=now)
    hostname, pid = socket.gethostname(), os.getpid()
    process_id = ids.job_id()
    return Process.objects.using(alias).create(
        id=process_id,
        kind=kind,
        name=f"{hostname}:{pid}:{process_id.hex[-4:]}",
        hostname=hostname,
        pid=pid,
        backend=backend,
        queues=list(queues or []),
        concurrency=concurrency,
        started_at=now,
        lease_expires_at=clock.DatabaseNow() + lease(),
    )


def renew(alias: str, process_id: UUID) -> Renewal:
    """Extend the lease, unless the process was taken for dead; say how it was found."""
    process = Process.objects.using(alias).filter(pk=process_id, stopped_at__isnull=True)
    extended = clock.DatabaseNow() + lease()
    if running(process).update(lease_expires_at=extended):
        return Renewal.KEPT
    return Renewal.LATE if process.update(lease_expires_at=extended) else Renewal.LOST


def running(processes: QuerySet[Process]) -> QuerySet[Process]:
    """Return those whose lease has not ended, as the database sees it."""
    return processes.filter(stopped_at__isnull=True, lease_expires_at__gte=clock.DatabaseNow())


def end(alias: str, process_id: UUID) -> bool:
    """Note an orderly end. Jobs still owned are left to the rescuers, from this moment on."""
    alive = Process.objects.using(alias).filter(pk=process_id, stopped_at__isnull=True)
    if Job.rows.using(alias).filter(claimed_by=process_id).exists():
        return bool(alive.update(lease_expires_at=clock.DatabaseNow()))
    return bool(alive.update(stopped_at=clock.db_now(alias)))


def lease() -> timedelta:
    duration: timedelta = conf.get("LEASE")
    return duration
