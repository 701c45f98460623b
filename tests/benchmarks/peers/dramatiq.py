"""Dramatiq on Redis. In "best" four threads in a process, which prefetch much and log nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.base import Peer as Base


class Peer(Base):
    is_django = False
    drained = 20_000

    @cached_property
    def noop(self) -> Any:
        from tests.benchmarks.peers.jobs.of_dramatiq import noop

        return noop

    def enqueue(self, number: int) -> None:
        self.noop.send(number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        delay = int((when - datetime.now(UTC)).total_seconds() * 1000)
        self.noop.send_with_options(args=(number,), delay=max(0, delay))

    def worker(self, processes: int) -> list[list[str]]:
        module = f"{JOBS}.of_dramatiq"
        if not self.is_best:
            return [self.program("dramatiq", module, "-p", str(processes))]
        os.environ["dramatiq_queue_prefetch"] = "200"  # noqa: SIM112 - as it is called
        best = ["-p", str(processes), "-t", "4", "--skip-logging"]
        return [self.program("dramatiq", *best, module)]
