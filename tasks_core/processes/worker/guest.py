"""A worker for a few seconds, in a process that is there for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tasks_core import clock
from tasks_core.processes.worker.worker import Worker

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend
    from tasks_core.backends.served.told import Look

NOBODY = UUID(int=0)  # asks, and owns nothing


class Guest(Worker):
    """
    Runs what is ready for some seconds; then begins nothing more, lets its jobs end, and leaves.

    No job is cut off, however long it takes: its process cannot be ended for it. A guest stays
    until it may take back the jobs of a process that died, which takes a lease of contact.
    """

    def visit(self, *, seconds: float) -> int:
        """Return how many attempts ended. Whatever time is left, it leaves when nothing is due."""
        ends_at = clock.monotonic() + seconds
        self.heartbeat.start()
        self.interruptions.start()
        try:
            while not self.stopping.is_set():
                left = ends_at - clock.monotonic()
                if left <= 0:
                    self.intake.close()
                elif not self.slots.held:
                    self.lookout.hurry()
                    self.admissions.hurry()
                wait = self.tick()
                if self.is_idle and not self._waits_for_the_dead():
                    break
                self.wait(min(wait, left) if left > 0 else wait)
        finally:
            self._finish()
        return self.settlement.ended

    def _waits_for_the_dead(self) -> bool:
        return self.backend.look(self.heartbeat.owner, queues=self.queues).has_dead


def has_work(backend: ServedBackend) -> bool:
    """Say whether a worker would find something to do now, as far as one query can tell."""
    return seconds_until_work(backend) <= 0


def seconds_until_work(backend: ServedBackend) -> float:
    """Return the real seconds until a worker will find something to do, inf if nothing waits."""
    seen = backend.look(NOBODY)
    if seen.has_ready or seen.has_suspects or seen.has_dead:
        return 0.0
    return min(_waits(seen), default=float("inf"))


def _waits(seen: Look) -> list[float]:
    moments = [seen.next_run_after, seen.next_expiry]
    return [clock.real_seconds(each - seen.now) for each in moments if each is not None]
