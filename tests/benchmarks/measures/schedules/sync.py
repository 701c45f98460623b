"""The start of a scheduler whose declarations are in the database already."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures.cost import counted_queries
from tests.benchmarks.peers.tasks_core import Peer, declared
from tests.benchmarks.sink import Sink

READY_WITHIN = 300.0  # seconds
# What a cursor does is reading, too.
READS = "select|show|set|begin|commit|rollback|savepoint|release|declare|fetch|close"
WRITES = rf" AND query !~* '^\s*({READS})\M'"


def sync(peer: Peer, sink: Sink, *, count: int) -> dict[str, Any]:
    """Seconds of a sync that finds everything as declared, and what it asked and wrote."""
    from django.conf import settings

    from scheduler import sync as synchronising

    lines = [f"{minute} {hour} * * *" for hour in range(24) for minute in range(60)]
    share, rest = divmod(count, len(lines))
    stage.define([(share + (number < rest), line) for number, line in enumerate(lines)])
    began = time.monotonic()
    subprocess.run(peer.django("schedules", "sync"), check=True, cwd=stage.ROOT)
    created = time.monotonic() - began
    peer.settle_down()
    settings.SCHEDULE = dict(map(declared, stage.cron_lines()))
    with written() as writes, counted_queries() as queries:
        asked, wrote = queries(), writes()
        began = time.perf_counter()
        report = synchronising.sync()
        took = time.perf_counter() - began
        if len(report.unchanged) != count:
            raise RuntimeError(f"Of {count} schedules {len(report.unchanged)} were unchanged.")
        found = {
            "schedules": count,
            "created_s": round(created, 2),
            "seconds": round(took, 3),
            "queries": None if asked is None else queries() - asked,
            "writes": writes() - wrote,
        }
    return {**found, **_started(peer)}


def _started(peer: Peer) -> dict[str, Any]:
    """Return how long a scheduler takes from its start to its first wait, and its memory."""
    with processes.sessions(peer.scheduler(1), name="sync", folder=stage.FOLDER) as running:
        startup = peer.seconds_until_ready(running, timeout=READY_WITHIN)
        rss, most = running[0].resident()
    return {"startup_s": startup, "rss_mib": rss, "peak_rss_mib": most}


@contextmanager
def written() -> Iterator[Callable[[], float]]:
    """Return what says how many writing statements, or on SQLite rows, there were so far."""
    if stage.STORE == "sqlite":
        from django.db import connection

        connection.ensure_connection()
        yield lambda: float(connection.connection.total_changes)
        return
    if not os.environ.get("BENCH_POSTGRES_STATEMENTS"):
        raise RuntimeError("Which statements write, only pg_stat_statements can tell.")
    with counted_queries(only=WRITES) as writes:
        yield writes
