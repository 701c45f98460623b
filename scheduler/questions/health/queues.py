"""The queues that schedules fill: whether a living worker serves each."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from scheduler.models import Schedule
from tasks_core import job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.questions.findings import NAMED, Finding, Level, good, listed
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Process


def unserved(alias: str) -> Finding:
    """Find queues of schedules that no living worker serves, whether jobs wait there or not."""
    filled: dict[str, set[str]] = defaultdict(set)
    served_by: dict[str, str] = {}
    active = Schedule.objects.using(alias).active().order_by()
    for name, queue in active.values_list("backend", "queue").distinct():
        with suppress(InvalidJobBackend):  # the system checks say so, and the schedule fails
            backend = job_backends[name]
            if isinstance(backend, DatabaseBackend):
                filled[backend.database].add(queue)
                served_by.setdefault(backend.database, name)
    left = {database: _without(database, filled[database]) for database in filled}
    queues = sorted(set().union(*left.values()))
    if not queues:
        return good("queues", "Living workers serve every queue that schedules fill.")
    there = active.filter(queue__in=queues).order_by("key")
    keys = list(there.values_list("key", flat=True)[:NAMED])
    return Finding(
        about="queues",
        level=Level.FAILURE,
        text=f"No living worker serves {listed(queues)}, where the jobs of {listed(keys)} go.",
        advice=" and ".join(
            _worker(served_by[database], some) for database, some in left.items() if some
        ),
        named=queues[:NAMED],
    )


def _worker(backend: str, queues: set[str]) -> str:
    """Return the command that serves these queues of a backend."""
    where = "" if backend == DEFAULT_ALIAS else f" --backend {backend}"
    return f"manage.py run_worker{where} --queues {','.join(sorted(queues)[:NAMED])}"


def _without(database: str, queues: set[str]) -> set[str]:
    alive = running(Process.objects.using(database).filter(kind="worker"))
    served = [process.queues for process in alive]  # an empty list is all of them
    return queues - {queue for each in served for queue in each} if all(served) else set()
