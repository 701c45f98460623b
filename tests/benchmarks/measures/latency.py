"""How soon a job starts: at once when the worker is idle, or at its due time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.measures import percentiles
from tests.benchmarks.peers.base import Peer
from tests.benchmarks.sink import Sink

WARMED_UP = 3
LEAD = 3  # seconds in which all deferred jobs are stored before the first is due
LOST_AFTER = 30


@contextmanager
def idle_worker(peer: Peer, sink: Sink, number: int = 1) -> Iterator[list[processes.Session]]:
    """A worker that has run a few jobs and waits for more."""
    name = f"{stage.PEER}-{stage.STORE}-idle"
    with processes.sessions(peer.worker(number), name=name, folder=stage.FOLDER) as running:
        for count in range(1, WARMED_UP + 1):
            peer.enqueue(10**9 + count)
            if not sink.wait(count, timeout=40):
                raise RuntimeError("The worker ran no job within 40 s.")
        time.sleep(1)
        yield running


def pickup(peer: Peer, sink: Sink, *, jobs: int, seconds: float) -> dict[str, Any]:
    """
    One job at a time after a random pause: start of the body minus return of the enqueue call.

    Negative when the body began before the call returned.
    """
    chance = random.Random(1)
    after_return, after_call = [], []
    with idle_worker(peer, sink):
        end = time.monotonic() + seconds
        for number in range(jobs):
            time.sleep(chance.uniform(0.02, 0.02 + peer.pause))
            count = sink.count()
            called = time.time_ns()
            peer.enqueue(number)
            returned = time.time_ns()
            if not sink.wait(count + 1, timeout=LOST_AFTER, every=0.0005):
                raise RuntimeError(f"Job {number} did not start within {LOST_AFTER} s.")
            started = sink.hits()[-1].at
            after_return.append((started - returned) / 1e6)
            after_call.append((started - called) / 1e6)
            if time.monotonic() > end:
                break
    return {**percentiles(after_return), "from_call": percentiles(after_call)}


def deferred(peer: Peer, sink: Sink, *, jobs: int, span: float) -> dict[str, Any]:
    """Jobs due at random instants of ``span`` seconds: start of the body minus due time, in ms."""
    chance = random.Random(2)
    with idle_worker(peer, sink):
        sink.clear()
        base = time.time() + LEAD
        due = [base + chance.uniform(0, span) for _ in range(jobs)]
        for number, at in enumerate(due):
            peer.enqueue_at(number, datetime.fromtimestamp(at, UTC))
        was_late = time.time() > base
        sink.wait(jobs, timeout=LEAD + span + LOST_AFTER)
        starts = {hit.number: hit.at / 1e9 for hit in reversed(sink.hits())}
    lags = [(at - due[number]) * 1000 for number, at in starts.items()]
    return {
        **percentiles(lags),
        "jobs": jobs,
        "early": sum(lag < 0 for lag in lags),
        "stored_too_late": was_late,
    }
