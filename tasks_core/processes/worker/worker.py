"""The worker: dispatch what is due, claim what is ready, run it, settle how it ended."""

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections

from tasks_core import clock, conf
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.loop import Loop
from tasks_core.processes.worker.admissions import Admissions
from tasks_core.processes.worker.durations import Durations
from tasks_core.processes.worker.intake import Intake
from tasks_core.processes.worker.interruptions import Interruptions
from tasks_core.processes.worker.lookout import Lookout
from tasks_core.processes.worker.maintenance import Maintenance
from tasks_core.processes.worker.reports import EVERY, Reports
from tasks_core.processes.worker.settlement import Settlement
from tasks_core.processes.worker.slots import Slots
from tasks_core.signals import jobs_left

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend

FLUSH = 0.01  # seconds that an outcome may wait for others, to be settled with them


class Worker(Loop):
    """Serves one backend in this process, with ``concurrency`` jobs at once."""

    name = "worker"

    def __init__(
        self,
        backend: "ServedBackend",
        *,
        queues: Sequence[str] | None = None,
        concurrency: int | None = None,
        max_jobs: int | None = None,
        poll: float | None = None,  # seconds, instead of TASKS_CORE["POLL"]
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.backend = backend
        self.queues = queues
        size = concurrency or conf.get("CONCURRENCY")
        self.heartbeat = Heartbeat(backend, kind="worker", queues=queues, concurrency=size)
        self.slots = Slots(
            size, sender=type(backend), on_finished=self.wake, may_start=self.heartbeat.owns
        )
        self.interruptions = Interruptions(self.slots, leave=self.stop)
        self.maintenance = Maintenance(backend, self.heartbeat)
        durations = Durations()
        self.settlement = Settlement(backend, slots=self.slots, durations=durations)
        self.intake = Intake(
            backend,
            heartbeat=self.heartbeat,
            slots=self.slots,
            durations=durations,
            queues=queues,
            max_jobs=max_jobs,
        )
        self.admissions = Admissions(backend)
        self.reports = Reports(backend, lambda: list(self.slots.held.values()))
        self.lookout = Lookout(
            backend, self.heartbeat, self.intake, queues=queues, wake=self.wake, poll=poll
        )
        self.left = threading.Event()
        self._signals = 0
        self._found_work = False

    # The life of the process.

    def run(self, *, duration: float | None = None) -> None:
        """Work until stopped; then let running jobs end, for as long as GRACE allows."""
        self._begin()
        self.interruptions.start()
        self.lookout.start()
        try:
            super().run(duration=duration)
        finally:
            self._finish()

    def drain(self, *, duration: float | None = None) -> int:
        """
        Work until nothing due remains, new jobs included; return how many attempts raised.

        After ``duration`` seconds nothing more is begun, whatever remains.
        """
        ends_at = math.inf if duration is None else clock.monotonic() + duration
        self.heartbeat.start()
        self.interruptions.start()
        try:
            while not self.stopping.is_set() and clock.monotonic() < ends_at:
                if not self.slots.held:
                    self.lookout.hurry()
                    self.admissions.hurry()
                wait = self.tick()
                self.note_health()
                if self.is_idle and not self.backend.has_orphans(self.queues):
                    break
                self.wait(min(wait, ends_at - clock.monotonic()))
        finally:
            self._finish()
        return self.settlement.errored

    def stop(self, *signals: Any) -> None:
        """Stop claiming and end gracefully; at the second signal, end at once."""
        self._signals += bool(signals)
        super().stop(*signals)

    @property
    def is_idle(self) -> bool:
        waits = self.slots.held or self.settlement.unsettled or self._found_work
        return self.heartbeat.is_fresh and not waits

    # One turn of the loop.

    def tick(self) -> float:
        self._settle()
        self.intake.release_strays(are_likely=self.lookout.lost_something())
        self.admissions.tick()  # before the look, which tells whether there is something to claim
        may_find = self._look()
        dispatched = self.lookout.dispatch()
        self.reports.tick()
        self.intake.give_back()
        waits = self.lookout.is_handed
        may_find |= dispatched > 0 or (waits and self.intake.must_tell())
        attempts = self.intake.take(waits=waits) if may_find and not self.stopping.is_set() else []
        self._found_work = bool(attempts or dispatched)
        if self.intake.is_done and not self.slots.held:
            self.stop()
        if self.slots.waiting:
            return FLUSH  # outcomes are collected meanwhile; nobody wakes us for a few
        # With a slot still free and nothing left to claim, look again at the next poll or
        # deferred job; a finished job wakes us anyway.
        more = attempts and self.slots.free
        return 0.0 if more else self._until_next_look()

    def recover(self) -> None:
        """Drop the broken connection; what a lost reply may have given us is sought next time."""
        self.intake.has_strays = True
        self.lookout.hurry()
        connections.close_all()

    def _settle(self) -> None:
        if self.settlement.collect():
            self.intake.note_progress()
        self.admissions.ended(attempt for attempt, *_ in self.settlement.settle())

    def _look(self) -> bool:
        """Do what is to be done beside claims, when it is time; say whether to try a claim."""
        seen = self.lookout.look(found_work=self._found_work)
        rescued = self.maintenance.tick(seen)
        if seen is None:
            return True
        self.intake.has_suspects |= rescued or seen.has_suspects
        if seen.has_limits:
            self.admissions.soon()
        if seen.has_cancels:
            self.interruptions.cancel(self.backend.cancel_requests(self.heartbeat.owner))
        return seen.has_ready or self.intake.has_suspects

    def _until_next_look(self) -> float:
        wait = min(self.lookout.wait, self.admissions.wait, self.maintenance.wait)
        return min(wait, EVERY) if self.slots.held else wait

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
        self.intake.is_closed = True
        self.lookout.stop()
        while self.slots.is_awaited or self.settlement.unsettled:
            wait = ends_at - clock.monotonic()
            if wait <= 0 or self._signals > 1:
                break
            try:
                self._settle()
                self.intake.give_back(everything=True)
            except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
                wait = min(wait, self.report_failure())
            if self.slots.is_awaited or self.settlement.unsettled:
                self.waking.wait(min(wait, 1.0))
                self.waking.clear()
        self.interruptions.stop()
        self._leave_running()
        self.slots.close()
        self.heartbeat.stop()
        self.left.set()

    def _leave_running(self) -> None:
        # Last of all: from here on another worker may have what still runs here.
        try:
            self.intake.give_back(everything=True)
            self.slots.end_running()
            self._settle()
            if self.heartbeat.process:  # who never reached the store has nothing there
                self.intake.release_strays(are_likely=self.lookout.lost_something())
        except Exception:  # noqa: BLE001 - their lease will end
            self.report_failure()
        unsettled = [attempt for attempt, *_ in self.settlement.unsettled]
        if left := [*self.slots.held.values(), *unsettled]:
            jobs_left.send_robust(type(self.backend), attempts=left)
