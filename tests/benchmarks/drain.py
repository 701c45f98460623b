"""
How fast calls are stored, and how fast one worker process runs jobs that do nothing.

    python -m tests.benchmarks.drain --database postgres --jobs 5000

The drain rate counts from the first claim to the last end, by the rows; the start of the process
is told apart. Statements are those of the worker's own connection.
"""

from __future__ import annotations

import json
import os
import tempfile
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

ENQUEUED_SINGLY = 1000
COUNTED_JOBS = 500


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres", "mysql"), default="sqlite")
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--concurrency", type=int, default=4)
    options = parser.parse_args()
    os.environ.update(TEST_DB=options.database, DJANGO_SETTINGS_MODULE="tests.settings")
    import django

    django.setup()
    from tests.benchmarks.scheduler_lag import databases

    with databases():
        found = {
            "database": options.database,
            "jobs": options.jobs,
            "concurrency": options.concurrency,
            **enqueueing(options.jobs),
            **draining(options.concurrency),
            **statements(options.concurrency),
        }
    print(json.dumps(found, indent=2))  # noqa: T201 - its answer


def enqueueing(jobs: int) -> dict[str, Any]:
    """Store some calls one by one and drop them; leave ``jobs`` calls stored in one go."""
    from tasks_core import Call, background
    from tasks_core.models import Job
    from tests.app.tasks import nothing

    began = perf_counter()
    for _ in range(ENQUEUED_SINGLY):
        background.enqueue(nothing)
    singly = perf_counter() - began
    Job.objects.all().delete()
    began = perf_counter()
    background.enqueue_many([Call(nothing) for _ in range(jobs)])
    at_once = perf_counter() - began
    return {
        "enqueued_per_second": round(ENQUEUED_SINGLY / singly),
        "enqueued_many_per_second": round(jobs / at_once),
    }


def draining(concurrency: int) -> dict[str, Any]:
    """Let one ``run_worker --once`` run everything."""
    from django.db import connections
    from django.db.models import Max, Min

    from tasks_core.models import Job
    from tests.child import Child

    name = str(connections["default"].settings_dict["NAME"])
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        child = Child(
            ["run_worker", "--once", "--concurrency", str(concurrency)],
            environment=os.environ | {"TEST_DATABASE_NAME": name},
            log=Path(folder) / "worker.log",
        )
        status = child.wait(600)
        seconds = perf_counter() - began
    assert status == 0, child.output
    found = Job.objects.aggregate(Min("claimed_at"), Max("finished_at"))
    drained = (found["finished_at__max"] - found["claimed_at__min"]).total_seconds()
    jobs = Job.objects.filter(state="successful").count()
    return {
        "drained_per_second": round(jobs / drained),
        "drained_seconds": round(drained, 2),
        "process_seconds": round(seconds, 2),
    }


def statements(concurrency: int) -> dict[str, Any]:
    """Count what the worker's own connection is asked for, job by job."""
    from django.db import connection

    from tasks_core import Call, background, job_backends
    from tasks_core.backends.database import DatabaseBackend
    from tasks_core.processes.worker import Worker
    from tests.app.tasks import nothing

    background.enqueue_many([Call(nothing) for _ in range(COUNTED_JOBS)])
    counted: Counter[str] = Counter()

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        counted[sql.split(maxsplit=1)[0]] += 1
        return execute(sql, params, many, context)

    backend = job_backends["default"]
    assert isinstance(backend, DatabaseBackend)
    with connection.execute_wrapper(count):
        Worker(backend, concurrency=concurrency).drain()
    return {
        "statements_per_job": round(sum(counted.values()) / COUNTED_JOBS, 2),
        "statements": dict(counted.most_common()),
    }


if __name__ == "__main__":
    main()
