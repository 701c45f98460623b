"""
How long after its due time a job exists, and how long until it starts.

Many schedules share a minute; one scheduler and one worker run as they would anywhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures import percentiles
from tests.benchmarks.peers.tasks_core import Peer
from tests.benchmarks.sink import Sink

STARTED_WITHIN = 20  # seconds that the two processes are given before the first minute counts
LOOKED_AT = 10  # seconds after a minute's begin


def schedules(peer: Peer, sink: Sink, *, minutes: int) -> dict[str, Any]:
    """Milliseconds from the begin of a minute until a job's row is seen, and until it starts."""
    commands = [*peer.worker(1), peer.django("run_scheduler")]
    first = (int(time.time() + STARTED_WITHIN) // 60 + 1) * 60
    exists: list[float] = []
    starts: list[float] = []
    with processes.sessions(commands, name="schedules", folder=stage.FOLDER):
        for minute in range(first, first + minutes * 60, 60):
            time.sleep(max(0.0, minute - time.time() - 0.2))
            exists += _rows_seen(minute)
            hits = [hit.at / 1e9 - minute for hit in sink.hits()]
            starts += [lag * 1000 for lag in hits if 0 <= lag < LOOKED_AT]
    return {
        "schedules": stage.SCHEDULES,
        "minutes": minutes,
        "row": percentiles(exists),
        **percentiles(starts),
    }


def _rows_seen(minute: int) -> list[float]:
    from tasks_core.models import Job

    seen: set[Any] = set()
    lags: list[float] = []
    due = Job.objects.filter(enqueued_at__gte=datetime.fromtimestamp(minute, UTC))
    while time.time() < minute + LOOKED_AT:
        new = set(due.values_list("pk", flat=True)) - seen
        lags += [(time.time() - minute) * 1000] * len(new)
        seen |= new
        all_there = len(seen) >= stage.SCHEDULES
        time.sleep(0.5 if all_there else 0.001)
    return lags
