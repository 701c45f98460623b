"""The worker: dispatch what is due, claim what is ready, run it, settle how it ended."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections

from tasks_core import clock, conf
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Errored, Outcome
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.loop import Loop
from tasks_core.processes.maintenance import Maintenance
from tasks_core.processes.slots import Finished, Slots
from tasks_core.signals import job_settled, jobs_left, ownership_lost

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend


class Worker(Loop):
    """Serves one backend in this process, with ``concurrency`` jobs at once."""

    name = "worker"

    def __init__(
        self,
        backend: "DatabaseBackend",
        *,
        queues: Sequence[str] | None = None,
        concurrency: int | None = None,
        max_jobs: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.backend = backend
        self.queues = queues
        self.max_jobs = max_jobs
        self.claimed = 0
        self.errored = 0
        size = concurrency or conf.get("CONCURRENCY")
        self.slots = Slots(size, sender=type(backend), on_finished=self.wake)
        self.heartbeat = Heartbeat(backend, kind="worker", queues=queues, concurrency=size)
        self.maintenance = Maintenance(backend, self.heartbeat)
        self._unsettled: list[Finished] = []
        self._has_strays = False
        self._dispatch_at = 0.0
        self.left = threading.Event()
        self._signals = 0
        self._found_work = False

    # The life of the process.

    def run(self, *, duration: float | None = None) -> None:
        """Work until stopped; then let running jobs end, for as long as GRACE allows."""
        self._begin()
        try:
            super().run(duration=duration)
        finally:
            self._finish()

    def drain(self) -> int:
        """Work until nothing due remains, new jobs included; return how many attempts raised."""
        self.heartbeat.start()
        try:
            while not self.stopping.is_set():
                self._dispatch_at = 0.0
                wait = self.tick()
                if self.is_idle and not self.backend.has_orphans(self.queues):
                    break
                self.wait(wait)
        finally:
            self._finish()
        return self.errored

    def stop(self, *signals: Any) -> None:
        """Stop claiming and end gracefully; at the second signal, end at once."""
        self._signals += bool(signals)
        super().stop(*signals)

    @property
    def is_idle(self) -> bool:
        waits = self.slots.running or self._unsettled or self._found_work
        return self.heartbeat.is_fresh and not waits

    # One turn of the loop.

    def tick(self) -> float:
        self._settle()
        if self._has_strays:
            self._release_strays()
        if self.maintenance.tick():
            self._dispatch_at = 0.0
        dispatched = self._dispatch()
        limit = self._limit()
        attempts = self._claim(limit) if limit > 0 else []
        self._found_work = bool(attempts or dispatched)
        if self.max_jobs is not None and self.claimed >= self.max_jobs and not self.slots.running:
            self.stop()
        # With a slot still free and nothing left to claim, look again at the next poll or
        # deferred job; a finished job wakes us anyway.
        more = attempts and len(attempts) == limit and self.slots.free
        return 0.0 if more else self._until_next_look()

    def recover(self) -> None:
        """Drop the broken connection; what a lost reply may have given us is sought next time."""
        self._has_strays = True
        connections.close_all()

    def _claim(self, limit: int) -> list[Attempt]:
        claimed = self.backend.claim(owner=self.heartbeat.owner, limit=limit, queues=self.queues)
        attempts = self.backend.start(claimed) if claimed else []
        self.claimed += len(attempts)
        for attempt in attempts:
            self.slots.run(attempt)
        return attempts

    def _limit(self) -> int:
        # Who was frozen for a while may have been taken for dead: first a renewal, then claims.
        if self.stopping.is_set() or not self.heartbeat.is_fresh:
            return 0
        if self.max_jobs is None:
            return self.slots.free
        return min(self.slots.free, self.max_jobs - self.claimed)

    def _settle(self) -> None:
        # Kept until the database has them: after an outage they are settled, not lost.
        self._unsettled += self.slots.finished()
        if not self._unsettled:
            return
        pairs: list[tuple[Attempt, Outcome]] = [each[:2] for each in self._unsettled]
        states = self.backend.settle(pairs)
        for (attempt, outcome, seconds), state in zip(self._unsettled, states, strict=True):
            self.errored += isinstance(outcome, Errored)
            told = {"attempt": attempt, "outcome": outcome}
            if state is None:
                ownership_lost.send_robust(type(self.backend), **told)
            else:
                job_settled.send_robust(type(self.backend), **told, seconds=seconds)
        self._unsettled = []

    def _dispatch(self) -> int:
        if clock.monotonic() < self._dispatch_at:
            return 0
        count = self.backend.dispatch()
        wait = conf.get("POLL").total_seconds()
        due_at = self.backend.next_run_after()
        if due_at is not None:
            wait = min(wait, max(0.0, clock.real_seconds(due_at - self.backend.now())))
        self._dispatch_at = clock.monotonic() + wait
        return count

    def _until_next_look(self) -> float:
        return max(0.0, self._dispatch_at - clock.monotonic())

    def _release_strays(self) -> None:
        self.backend.release_strays(self.heartbeat.owner, known=set(self.slots.running))
        self._has_strays = False

    # Beginning and end.

    def _begin(self) -> None:
        while not self.stopping.is_set():
            try:
                self.heartbeat.start()
            except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
                self.wait(self.report_failure())
            else:
                return

    def _finish(self) -> None:
        """Let running jobs end, settle them, and leave; what still runs is left to the rescuers."""
        ends_at = clock.monotonic() + conf.get("GRACE").total_seconds()
        self.stopping.set()
        while self.slots.running or self._unsettled:
            wait = ends_at - clock.monotonic()
            if wait <= 0 or self._signals > 1:
                break
            try:
                self._settle()
            except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
                wait = min(wait, self.report_failure())
            if self.slots.running or self._unsettled:
                self.waking.wait(min(wait, 1.0))
                self.waking.clear()
        if self.slots.running:
            left = list(self.slots.running.values())
            jobs_left.send_robust(type(self.backend), attempts=left)
        self.slots.close()
        self.heartbeat.stop()
        self.left.set()
