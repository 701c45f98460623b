"""What a worker costs that has nothing to do, and how long it takes to start."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures.latency import LOST_AFTER, idle_worker
from tests.benchmarks.peers.base import Peer
from tests.benchmarks.sink import Sink

CALMED_DOWN = 2  # seconds after the last job until it is idle

STATEMENTS = """
SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
WHERE d.datname = %s
"""
TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


def idle(peer: Peer, sink: Sink, *, seconds: float) -> dict[str, Any]:
    """CPU in percent of a core, statements a second and memory of an idle worker."""
    with idle_worker(peer, sink) as running, counted_queries() as queries:
        time.sleep(CALMED_DOWN)
        began, used, asked = time.monotonic(), processes.cpu(running), queries()
        time.sleep(seconds)
        wall = time.monotonic() - began
        found = {
            "cpu_percent": round((processes.cpu(running) - used) / wall * 100, 2),
            "queries": None if asked is None else round((queries() - asked) / wall, 2),
            "processes": sum(len(session.pids()) for session in running),
        }
        sizes = [session.memory() for session in running]
    return {
        **found,
        "children_mib": [size for found in sizes for size in found["children"]],
        "supervisor_mib": next((s["supervisor"] for s in sizes if s["supervisor"]), None),
    }


def cold(peer: Peer, sink: Sink, *, starts: int) -> dict[str, Any]:
    """Seconds from the exec of a worker to the start of a job that was waiting for it."""
    took = []
    for number in range(starts):
        sink.clear()
        peer.enqueue(number)
        began = time.time_ns()
        name = f"{stage.PEER}-{stage.STORE}-cold"
        with processes.sessions(peer.worker(1), name=name, folder=stage.FOLDER):
            if not sink.wait(1, timeout=LOST_AFTER):
                raise RuntimeError(f"No job started within {LOST_AFTER} s.")
        took.append((sink.hits()[0].at - began) / 1e9)
    return {"seconds": round(median(took), 3), "starts": starts}


@contextmanager
def counted_queries(*, only: str = "") -> Iterator[Callable[[], Any]]:
    """
    Return what says how many statements the database was asked so far; None elsewhere.

    ``only`` is a further condition in SQL on pg_stat_statements, to count some of them.
    Without pg_stat_statements transactions are counted, which for idle workers is nearly the same.
    """
    if stage.STORE != "postgres":
        yield lambda: None
        return
    import psycopg

    with psycopg.connect(stage.dsn("postgres"), autocommit=True) as server:
        has_statements = bool(os.environ.get("BENCH_POSTGRES_STATEMENTS"))
        if has_statements:
            server.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            _track(server, "all")
        sql = STATEMENTS + only if has_statements else TRANSACTIONS
        try:
            yield lambda: float(server.execute(sql, [stage.database_name()]).fetchone()[0])
        finally:
            if has_statements:
                _track(server, "none")


def _track(server: Any, which: str) -> None:
    server.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{which}'")
    server.execute("SELECT pg_reload_conf()")
