"""How long a claim takes when the table is large, and while an old transaction stays open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.measures import percentiles
from tests.benchmarks.peers.tasks_core import Peer
from tests.benchmarks.sink import Sink

GROUP = 10
WARMED_UP = 20
RENEWED = 10  # seconds
IN_A_SECOND = 50  # claims while the transaction is open: 500 jobs come, run and end in a second


def claim(
    peer: Peer, sink: Sink, *, finished: int, waiting: int, claims: int, idle_transaction: float
) -> dict[str, Any]:
    """
    Milliseconds of a claim of ten jobs; each group is settled, and replaced by new jobs.

    The table holds ``finished`` jobs, and ``waiting`` of the ready and of the deferred.
    """
    from tests.benchmarks.measures.filling import fill

    began = time.monotonic()
    fill(peer, finished=finished, ready=waiting, deferred=waiting)
    peer.settle_down()
    turn = Turn(peer)
    filled = time.monotonic() - began
    for _ in range(WARMED_UP):
        turn()
    found = {
        "finished": finished,
        "filled_s": round(filled, 1),
        **percentiles([turn() for _ in range(claims)]),
    }
    if idle_transaction and stage.STORE == "postgres":
        with open_transaction():
            took = list(paced(turn, seconds=idle_transaction))
        found["beside_transaction"] = percentiles(took[len(took) * 4 // 5 :])
    return found


class Turn:
    """Claim a group, settle it, enqueue as many new jobs; return the milliseconds of the claim."""

    def __init__(self, peer: Peer) -> None:
        from tasks_core import job_backends

        self.peer = peer
        self.backend: Any = job_backends["default"]
        process = self.backend.register(kind="worker", queues=None, concurrency=GROUP)
        self.owner = process.pk
        self.renewed = time.monotonic()

    def __call__(self) -> float:
        from tasks_core.outcomes import Succeeded

        if time.monotonic() - self.renewed > RENEWED:
            self.backend.renew(self.owner)
            self.renewed = time.monotonic()
        began = time.perf_counter()
        attempts = self.backend.claim(owner=self.owner, limit=GROUP)
        took = time.perf_counter() - began
        if len(attempts) != GROUP:
            raise RuntimeError(f"A claim of {GROUP} found {len(attempts)}.")
        self.backend.settle([(attempt, Succeeded(None)) for attempt in attempts])
        self.peer.enqueue_many(range(GROUP))
        return took * 1000


def paced(turn: Callable[[], float], *, seconds: float) -> Iterator[float]:
    """Yield what turns take, at a steady pace for so long."""
    due = time.monotonic()
    end = due + seconds
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due + 1 / IN_A_SECOND, time.monotonic())
        yield turn()


@contextmanager
def open_transaction() -> Iterator[None]:
    """A connection that has looked at the jobs and does not end its transaction."""
    import psycopg

    with psycopg.connect(stage.dsn()) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT txid_current(), count(*) FROM tasks_core_job WHERE id IS NULL")
        yield
        connection.rollback()


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)
