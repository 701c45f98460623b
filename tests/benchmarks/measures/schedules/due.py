"""
Many schedules due at one minute: how soon the last of their jobs is stored.

At one minute a few are due, at the next some, at the last all of them; one process, or two, has
been waiting for it. Jobs are counted from outside, by asking the database.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from tests.benchmarks import processes, stage
from tests.benchmarks.peers.base import Peer
from tests.benchmarks.sink import Sink

LEAD = 8.0  # seconds until the first due time, and so many more for each thousand schedules
LEAD_OF_A_THOUSAND = 0.6
ASKED_BEFORE = 0.3  # seconds before the due time
STALLED = 40.0  # seconds without a new job until none is expected any more
GIVEN_UP = 130.0  # seconds after the last due time, and
GIVEN_UP_EARLIER = 55.0  # after one that another follows
HOUR = timedelta(hours=1)


def due(
    peer: Peer,
    sink: Sink,
    *,
    steps: Mapping[str, int],
    schedulers: int = 1,
    is_varied: bool = False,
    slow: float = 1,
) -> dict[str, Any]:
    """
    Measure each step, a name and how many schedules are due then; the last is all of them.

    ``slow`` is by how much longer than others this product takes to define its schedules.
    """
    count = list(steps.values())[-1]
    first = _minute_after(time.time() + slow * (LEAD + count / 1000 * LEAD_OF_A_THOUSAND))
    minutes = [first + timedelta(minutes=number) for number in range(len(steps))]
    _define(steps, minutes)
    if stage.PEER == "raw":
        from tests.benchmarks.measures.schedules.limit import materialised

        return {"schedules": count, **materialised(peer, steps, minutes)}
    began = time.monotonic()
    _store(peer, minutes[-1], is_varied=is_varied)
    peer.settle_down()
    sink.clear()
    stored = time.monotonic() - began
    name = f"{stage.PEER}-{stage.STORE}-due"
    with processes.sessions(peer.scheduler(schedulers), name=name, folder=stage.FOLDER) as running:
        left = minutes[0].timestamp() - time.time() - 1
        found: dict[str, Any] = {
            "schedules": count,
            "stored_s": round(stored, 1),
            "startup_s": peer.seconds_until_ready(running, timeout=left),
        }
        for number, (step, wanted) in enumerate(steps.items()):
            is_last = number == len(steps) - 1
            found[step] = _watched(
                peer, running, at=minutes[number], wanted=wanted, is_last=is_last
            )
            if stage.PEER == "tasks_core" and found[step]["stored"] != wanted:
                raise RuntimeError(f"Of {wanted} jobs {found[step]['stored']} were stored.")
            if not is_last:
                peer.run_scheduled()
        sizes = [session.resident() for session in running]
    rss, most = max(sizes)
    return {**found, "rss_mib": rss, "peak_rss_mib": most}


def _minute_after(moment: float) -> datetime:
    return datetime.fromtimestamp((int(moment) // 60 + 1) * 60, UTC)


def _define(steps: Mapping[str, int], minutes: list[datetime]) -> None:
    """Say when each is due: those of the first step at every minute, the last only at the last."""
    sizes = [new - old for old, new in pairwise([0, *steps.values()])]
    named = [str(minute.minute) for minute in minutes]
    lines = accumulate(reversed(named), lambda later, sooner: f"{sooner},{later}")
    expressions = [f"{minute} * * * *" for minute in reversed(list(lines))]
    stage.define(list(zip(sizes, expressions, strict=True)))


def _store(peer: Peer, at: datetime, *, is_varied: bool) -> None:
    if stage.PEER != "tasks_core":
        peer.define()
        return
    from tests.benchmarks.measures.schedules import rows

    lines = list(stage.cron_lines())
    stage.define([])  # they are in the database, and not declared as well
    rows.store(rows.varied(lines, at=at) if is_varied else lines, ran_at=at - HOUR)


def _watched(
    peer: Peer, running: list[processes.Session], *, at: datetime, wanted: int, is_last: bool
) -> dict[str, Any]:
    """Return how long after ``at`` the last of ``wanted`` jobs was seen, and what that took."""
    due_at = at.timestamp()
    time.sleep(max(0.0, due_at - time.time() - ASKED_BEFORE))
    before, used, served = peer.scheduled(at), processes.cpu(running), _server_cpu()
    give_up = due_at + (GIVEN_UP if is_last else GIVEN_UP_EARLIER)
    count, seen_at, first_at = 0, due_at, None
    while count < wanted and time.time() < give_up:
        asked = time.perf_counter()
        now_there = peer.scheduled(at) - before
        took = time.perf_counter() - asked
        if now_there > count:
            count, seen_at = now_there, time.time()
            first_at = first_at or seen_at
        if time.time() > seen_at + STALLED:
            break
        time.sleep(max(0.002, took * 8))
    return {
        "wanted": wanted,
        "stored": count,
        "first_s": None if first_at is None else round(first_at - due_at, 3),
        "last_s": round(seen_at - due_at, 3) if count >= wanted else None,
        "cpu_s": round(processes.cpu(running) - used, 2),
        "server_cpu_s": round(_server_cpu() - served, 2),
    }


def _server_cpu() -> float:
    server = os.environ.get("BENCH_POSTGRES_PID")
    return processes.tree_cpu([int(server)]) if server and stage.STORE == "postgres" else 0.0
