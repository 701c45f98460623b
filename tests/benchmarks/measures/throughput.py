"""How many jobs a second are stored by one process, and run by a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.peers.base import Peer
from tests.benchmarks.sink import Sink

BLOCKS = 20
CHUNK = 1000
STALLED = 20  # seconds without a job until nothing more is expected


def enqueue(peer: Peer, sink: Sink, *, singly: int, at_once: int) -> dict[str, Any]:
    """
    Store calls one by one, then in chunks of 1000; no worker runs.

    The rate is that of the median block, so that one stall of the disk counts for nobody.
    """
    block = max(1, singly // BLOCKS)
    blocks = [range(first, first + block) for first in range(0, singly, block)]
    found = {"single": block / _median_seconds(lambda numbers: _each(peer, numbers), blocks)}
    if peer.has_many:
        chunks = [range(first, first + CHUNK) for first in range(0, at_once, CHUNK)]
        found["many"] = CHUNK / _median_seconds(peer.enqueue_many, chunks)
    return {name: round(rate, 1) for name, rate in found.items()}


def _each(peer: Peer, numbers: range) -> None:
    for number in numbers:
        peer.enqueue(number)


def _median_seconds(store: Callable[[range], None], blocks: list[range]) -> float:
    store(range(10))  # connects, imports and prepares
    took = []
    for numbers in blocks:
        began = time.perf_counter()
        store(numbers)
        took.append(time.perf_counter() - began)
    return median(took)


def drain(
    peer: Peer,
    sink: Sink,
    *,
    jobs: int,
    seconds: float,
    workers: int = 1,
    group: float | None = None,
) -> dict[str, Any]:
    """
    Store jobs, then start a worker; count from the first start of a job to the last.

    Who needs longer than ``seconds`` is stopped, and judged by what ran until then.
    """
    for first in range(0, jobs, CHUNK):
        peer.enqueue_many(range(first, min(first + CHUNK, jobs)))
    peer.settle_down()
    sink.clear()
    if hasattr(peer, "drain"):
        peer.drain(jobs=jobs, group=round(group or 50), seconds=seconds)
        return {"group": round(group or 50), **_rate(sink)}
    return _drained(peer, sink, jobs=jobs, seconds=seconds, number=workers)


def _drained(peer: Peer, sink: Sink, *, jobs: int, seconds: float, number: int) -> dict[str, Any]:
    name = f"{stage.PEER}-{stage.STORE}-drain"
    with processes.sessions(peer.worker(number), name=name, folder=stage.FOLDER) as running:
        _watch(sink, jobs, seconds=seconds)
        memory = [session.memory() for session in running]
        is_complete = sink.count() >= jobs
        tail = processes.seconds_until_calm(running) if is_complete else None
        used = processes.cpu(running)
    ran = sink.count()
    return {
        **_rate(sink),
        "is_complete": is_complete,
        "twice": ran - len({hit.number for hit in sink.hits()}),
        "tail_s": tail,
        "cpu_ms_per_job": round(used / max(1, ran) * 1000, 3),
        "children_mib": [size for found in memory for size in found["children"]],
        "supervisor_mib": next((m["supervisor"] for m in memory if m["supervisor"]), None),
        **peer.after_drain(),
    }


def _watch(sink: Sink, jobs: int, *, seconds: float) -> None:
    """Return when all jobs have begun, when the time since the first is over, or nothing moves."""
    began, seen, moved = None, 0, time.monotonic()
    while (count := sink.count()) < jobs:
        now = time.monotonic()
        if count != seen:
            seen, moved = count, now
            began = began or now
        if now - moved > STALLED or (began and now - began > seconds):
            return
        time.sleep(0.005)


def _rate(sink: Sink) -> dict[str, Any]:
    starts = sorted(hit.at for hit in sink.hits())
    if len(starts) < 10:
        raise RuntimeError(f"Only {len(starts)} jobs ran.")
    span = (starts[-1] - starts[0]) / 1e9
    return {"ran": len(starts), "drained_s": round(span, 3), "rate": round(len(starts) / span, 1)}
