"""One schedule that is due each second: how soon after it its job is stored, and begins."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures import percentiles
from tests.benchmarks.measures.schedules import rows
from tests.benchmarks.peers.tasks_core import Peer
from tests.benchmarks.sink import Sink

READY_WITHIN = 30.0  # seconds
WARMED_UP = 2  # jobs that are not counted
ASKED_BEFORE = 0.005  # seconds before each due time
LOST_AFTER = 0.9


def punctual(peer: Peer, sink: Sink, *, seconds: int) -> dict[str, Any]:
    """Milliseconds from each due time; a worker runs the jobs, as the overlap policy expects."""
    from tasks_core import ids
    from tasks_core.models import Job

    key = _store_one()
    schedulers = peer.scheduler(1)
    commands = [*schedulers, *peer.worker(1)]
    stored, lost = [], 0
    with processes.sessions(commands, name="punctual", folder=stage.FOLDER) as running:
        peer.seconds_until_ready(running[:1], timeout=READY_WITHIN)
        if not sink.wait(WARMED_UP, timeout=READY_WITHIN):
            raise RuntimeError(f"The worker began no {WARMED_UP} jobs within {READY_WITHIN} s.")
        first = math.ceil(time.time()) + 1
        for due_at in range(first, first + seconds):
            job = Job.objects.filter(pk=ids.occurrence_id(key, datetime.fromtimestamp(due_at, UTC)))
            time.sleep(max(0.0, due_at - ASKED_BEFORE - time.time()))
            while not (is_there := job.exists()) and time.time() < due_at + LOST_AFTER:
                time.sleep(0.0002)
            if is_there:
                stored.append((time.time() - due_at) * 1000)
            else:
                lost += 1
        time.sleep(LOST_AFTER)
    begun = [hit.at / 1e9 for hit in sink.hits()]
    lags = [(at - math.floor(at)) * 1000 for at in begun if first <= at < first + seconds]
    return {**percentiles(stored), "lost": lost, "begin": percentiles(lags)}


def _store_one() -> str:
    from scheduler.triggers import Every

    now = datetime.now(UTC)
    row = rows.schedule((0, "* * * * *"), ran_at=now)
    every_second = Every(seconds=1)
    row.trigger, row.next_due_at = every_second.spec(), every_second.next_after(now)
    row.watermark, row.last_due_at = now, None
    row.save(force_insert=True)
    return str(row.key)
