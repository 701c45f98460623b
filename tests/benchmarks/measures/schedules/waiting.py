"""A scheduler that has many schedules and nothing to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures.cost import CALMED_DOWN, counted_queries
from tests.benchmarks.measures.schedules import rows
from tests.benchmarks.peers.tasks_core import Peer
from tests.benchmarks.sink import Sink

READY_WITHIN = 120.0  # seconds


def waiting(peer: Peer, sink: Sink, *, count: int, seconds: float) -> dict[str, Any]:
    """CPU in percent of a core, statements a second and memory; the next due time is far away."""
    now = datetime.now(UTC)
    far = now + timedelta(days=30)
    stage.define([(count, f"{far.minute} {far.hour} {far.day} {far.month} *")])
    rows.store(stage.cron_lines(), ran_at=now - timedelta(hours=1))
    peer.settle_down()
    stage.define([])
    name = f"{stage.STORE}-waiting"
    with (
        processes.sessions(peer.scheduler(1), name=name, folder=stage.FOLDER) as running,
        counted_queries() as queries,
    ):
        startup = peer.seconds_until_ready(running, timeout=READY_WITHIN)
        time.sleep(CALMED_DOWN)
        began, used, asked = time.monotonic(), processes.cpu(running), queries()
        time.sleep(seconds)
        wall = time.monotonic() - began
        rss, most = running[0].resident()
        return {
            "schedules": count,
            "startup_s": startup,
            "cpu_percent": round((processes.cpu(running) - used) / wall * 100, 2),
            "queries": None if asked is None else round((queries() - asked) / wall, 2),
            "rss_mib": rss,
            "peak_rss_mib": most,
        }
