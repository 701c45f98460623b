"""The scheduler: a loop that turns due times into jobs, and sleeps exactly until the next."""

from __future__ import annotations

import os
import random
from itertools import count
from typing import Any

from django.db import connections

from scheduler import conf, signals, upkeep
from scheduler.models import Schedule
from scheduler.sync import sync
from scheduler.tick.batches import Batch, materialise_due
from scheduler.timer import Timer
from tasks_core import clock
from tasks_core.backends.database import DatabaseBackend
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.loop import Loop

BATCHES = 50  # transactions in one turn
BUSY_PAUSE = 0.1  # seconds, when another scheduler works on all that is due
ALONE_FOR = 60.0  # seconds until a schedule that we did not know is looked at again


class Scheduler(Loop):
    """
    Makes occurrences and their jobs. Any number may run; the rows decide, not the process.

    Tests call ``tick()``, which returns how many seconds may pass until the next.
    """

    name = "scheduler"

    def __init__(self, *, health_file: str | os.PathLike[str] | None = None) -> None:
        super().__init__(health_file=health_file)
        self.heartbeat: Heartbeat | None = None
        self.synced = False
        self.refused = 0
        self._registers = False
        self._leaving: dict[str, float] = {}  # key -> until when, by the monotonic clock
        self._reconciled = 0

    @property
    def process_name(self) -> str:
        process = self.heartbeat.process if self.heartbeat else None
        return process.name if process else f"pid {os.getpid()}"

    def tick(self) -> float:
        """Materialise what is due; return how many seconds to wait."""
        self._begin()
        self.drain()
        return self._wait()

    def run(self, *, duration: float | None = None) -> None:
        """Run until stopped, or for ``duration`` seconds; outlive every outage of the database."""
        tuning = conf.tuning()
        self._registers = True
        Timer(
            self.tick_or_log,
            longest=tuning.tick_seconds,
            upkeep={
                "purge": (upkeep.purge, tuning.purge_seconds),
                "reconcile": (self._reconcile, tuning.reconcile_seconds),
            },
            stopping=self.stopping,
            waking=self.waking,
        ).run(duration=duration)
        if self.heartbeat is not None:
            self.heartbeat.stop()

    def run_once(self) -> int:
        """Do what is due now, and note what ended; return how many failed or were refused."""
        self._begin()
        failed = len(self.drain(batches=None).failed)
        self._reconcile()
        return failed + self.refused

    def drain(self, *, batches: int | None = BATCHES) -> Batch:
        """
        Materialise batch after batch until no schedule is due, and return them as one.

        At most so many ``batches``; None is as many as it takes.
        """
        total, limit = Batch(), conf.tuning().batch_size
        for _ in count() if batches is None else range(batches):
            batch = materialise_due(
                limit=limit, recorded_by=self.process_name, leaving=self._left_alone()
            )
            self._leave(batch.left_alone)
            total.add(batch)
            if batch.looked_at < limit or self.stopping.is_set():
                break
        return total

    def stop(self, *received: Any) -> None:
        """Stop after this turn; at once when a second signal asks for it."""
        if received and self.stopping.is_set():
            os._exit(1)
        super().stop()

    def recover(self) -> None:
        connections.close_all()

    def _begin(self) -> None:
        """Register and synchronise, once; in the first turn, so that an outage only delays it."""
        if self._registers and self.heartbeat is None:
            heartbeat = Heartbeat(DatabaseBackend({"database": conf.database()}), kind=self.name)
            heartbeat.start()
            self.heartbeat = heartbeat
        if not self.synced:
            self.refused = len(sync().refused)
            self.synced = True

    def _wait(self) -> float:
        alias = conf.database()
        rows = Schedule.objects.using(alias).active().exclude(key__in=self._left_alone())
        coming = rows.filter(next_due_at__isnull=False).order_by("next_due_at")
        next_due_at = coming.values_list("next_due_at", flat=True).first()
        longest = conf.tuning().tick_seconds
        if next_due_at is None:
            return longest
        wait = clock.real_seconds(next_due_at - clock.db_now(alias))
        if wait <= 0:  # locked by another scheduler, or more than one turn may do
            return random.uniform(0, BUSY_PAUSE)  # noqa: S311  no secret, only apart
        return min(wait, longest)

    def _left_alone(self) -> list[str]:
        now = clock.monotonic()
        self._leaving = {key: until for key, until in self._leaving.items() if until > now}
        return list(self._leaving)

    def _leave(self, reasons: dict[str, str]) -> None:
        until = clock.monotonic() + ALONE_FOR
        for key, why in reasons.items():
            self._leaving[key] = until
            signals.schedule_left_alone.send_robust(sender=Schedule, key=key, why=why)

    def _reconcile(self) -> None:
        self._reconciled = upkeep.reconcile(after=self._reconciled)
