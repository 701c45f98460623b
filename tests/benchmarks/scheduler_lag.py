"""
How long after its due time a job exists, and how long until it starts.

    python -m tests.benchmarks.scheduler_lag --database postgres --minutes 3

A hundred schedules share a minute; one scheduler and one worker run as they would anywhere.
"exists" is when another connection sees the row, "starts" what the job's row says.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Event


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres", "mysql"), default="sqlite")
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--minutes", type=int, default=3)
    options = parser.parse_args()
    os.environ.update(TEST_DB=options.database, DJANGO_SETTINGS_MODULE="tests.settings")
    import django

    django.setup()
    with databases():
        seen = measure(schedules=options.schedules, minutes=options.minutes)
        report(options.database, seen)


@contextmanager
def databases() -> Iterator[None]:
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def measure(*, schedules: int, minutes: int) -> dict[object, datetime]:
    """Return when each job was first seen, by the database's clock."""
    from tasks_core import clock

    seen: dict[object, datetime] = {}
    with processes(schedules):
        first = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=2)
        last = first + timedelta(minutes=minutes - 1)
        while (now := clock.db_now()) < last + timedelta(seconds=10):
            near = timedelta(0) <= now - now.replace(second=0, microsecond=0) < timedelta(seconds=5)
            if now >= first and near:
                look(seen, since=first)
            Event().wait(0.001 if near else 0.05)
    return seen


@contextmanager
def processes(schedules: int) -> Iterator[None]:
    from django.db import connections

    from tests.child import Child

    entry = {"task": "tests.app.tasks.nothing", "cron": "* * * * *", "overlap": "allow"}
    extra = {
        "SCHEDULE": {f"lag {number}": entry for number in range(schedules)},
        "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],
    }
    environment = os.environ | {
        "TEST_DATABASE_NAME": str(connections["default"].settings_dict["NAME"]),
        "TEST_QUEUE_DATABASE_NAME": str(connections["queue"].settings_dict["NAME"]),
        "TEST_EXTRA_SETTINGS": json.dumps(extra),
    }
    logs = Path(tempfile.mkdtemp(prefix="scheduler-lag-"))
    running = [
        Child([command], environment=environment, log=logs / command)
        for command in ("run_worker", "run_scheduler")
    ]
    try:
        yield
    finally:
        for child in running:
            child.stop()


def look(seen: dict[object, datetime], *, since: datetime) -> None:
    from tasks_core import clock
    from tasks_core.models import Job

    new = Job.objects.filter(enqueued_at__gte=since).exclude(pk__in=list(seen))
    ids = list(new.values_list("pk", flat=True))
    now = clock.db_now()
    seen.update(dict.fromkeys(ids, now))


def report(database: str, seen: dict[object, datetime]) -> None:
    from tasks_core.models import Job

    exists, starts = [], []
    for job in Job.objects.filter(pk__in=list(seen)):
        due_at = datetime.fromisoformat(job.context["scheduled_for"])
        exists.append((seen[job.pk] - due_at).total_seconds() * 1000)
        if job.started_at:
            starts.append((job.started_at - due_at).total_seconds() * 1000)
    sys.stdout.write(
        f"{database}: {len(exists)} jobs; due -> job row {told(exists)}; "
        f"due -> job start {told(starts)}, of {len(starts)}\n"
    )


def told(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"p50 {median(ordered):.1f} ms, p99 {ordered[int(len(ordered) * 0.99) - 1]:.1f} ms"


if __name__ == "__main__":
    main()
