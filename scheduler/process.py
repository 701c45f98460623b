"""The scheduler: a loop that turns due times into jobs, and sleeps exactly until the next."""

from __future__ import annotations

import gc
import os
import random
from math import inf
from typing import Any

from django.db import connections

from scheduler import conf, facts, freshness, signals, upkeep
from scheduler.definitions import zone_rules
from scheduler.models import Schedule
from scheduler.sync import sync
from scheduler.timer import Timer
from scheduler.turn import pairs
from scheduler.turn.batches import Batch, materialise_due
from tasks_core import clock, outbox
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
        self.fingerprint = ""  # of what this process declares
        self.sweeper = outbox.Sweeper(upkeep.outboxes)
        self._registers = False
        self._leaving: dict[str, float] = {}  # key -> until when, by the monotonic clock
        self._reconciled = 0

    @property
    def process_name(self) -> str:
        process = self.heartbeat.process if self.heartbeat else None
        return process.name if process else f"pid {os.getpid()}"

    def tick(self) -> float:
        """Materialise what is due; return how many seconds to wait."""
        self.begin()
        seconds = self.seconds_until_due()  # a look, and no transaction while nothing is due
        if seconds <= 0:
            self.drain()
            self.sweeper.wake()
            seconds = self.seconds_until_due()
        if seconds <= 0:  # locked by another scheduler, or more than one turn may do
            return random.uniform(0, BUSY_PAUSE)  # noqa: S311  no secret, only apart
        return min(seconds, conf.tuning().tick_seconds)

    def run(self, *, duration: float | None = None) -> None:
        """Run until stopped, or for ``duration`` seconds; outlive every outage of the database."""
        tuning = conf.tuning()
        self._registers = True
        self.sweeper.start()
        Timer(
            self.tick_or_log,
            longest=tuning.tick_seconds,
            upkeep={
                "purge": (upkeep.purge, tuning.purge_seconds),
                "reconcile": (self._reconcile, tuning.reconcile_seconds),
                "freshness": (freshness.look, tuning.reconcile_seconds),
                "facts": (self._note_facts, facts.EVERY),
            },
            stopping=self.stopping,
            waking=self.waking,
        ).run(duration=duration)
        self.sweeper.stop()
        if self.heartbeat is not None:
            self.heartbeat.stop()

    def run_once(self) -> int:
        """Do what is due now, and note what ended; return how many failed or were refused."""
        self.begin()
        failed = len(self.drain(batches=None).failed)
        self.keep_up()
        return failed + self.refused

    def drain(self, *, batches: int | None = BATCHES) -> Batch:
        """
        Materialise batch after batch until no schedule is due, and return them as one.

        At most so many ``batches``; None is as many as it takes.
        """
        limit, name = conf.tuning().batch_size, self.process_name

        def work() -> Batch:
            batch = materialise_due(limit=limit, recorded_by=name, leaving=self._left_alone())
            self._leave(batch.left_alone)
            return batch

        def goes_on(batch: Batch) -> bool:
            return batch.looked_at >= limit and not self.stopping.is_set()

        return pairs.drain(work, goes_on=goes_on, most=batches)

    def begin(self) -> None:
        """Register and synchronise, once; in the first turn, so that an outage only delays it."""
        if self._registers and self.heartbeat is None:
            heartbeat = Heartbeat(DatabaseBackend({"database": conf.database()}), kind=self.name)
            heartbeat.start()
            self.heartbeat = heartbeat
        if not self.synced:
            report = sync()
            self.refused, self.fingerprint = len(report.refused), report.fingerprint
            zone_rules.replan()
            self._note_facts()
            self.synced = True
            if self._registers:
                gc.freeze()  # what stays for good, a hundred thousand declarations, is not searched

    def seconds_until_due(self) -> float:
        """Return the seconds until a schedule is due that this process can handle, or inf."""
        alias = conf.database()
        rows = Schedule.objects.using(alias).exclude(key__in=self._left_alone())
        coming = rows.filter(next_due_at__isnull=False).order_by("next_due_at")
        next_due_at = coming.values_list("next_due_at", flat=True).first()
        if next_due_at is None:
            return inf
        return clock.real_seconds(next_due_at - clock.db_now(alias))

    def keep_up(self, *, seconds: float = inf) -> None:
        """
        Note which jobs ended and which schedules grew stale, once, as ``run`` does beside.

        At most so many ``seconds`` go to what waits in the outbox.
        """
        upkeep.sweep(seconds=seconds)
        self._reconcile()
        freshness.look()

    def stop(self, *received: Any) -> None:
        """Stop after this turn; at once when a second signal asks for it."""
        if received and self.stopping.is_set():
            os._exit(1)
        super().stop()

    def recover(self) -> None:
        connections.close_all()

    def _left_alone(self) -> list[str]:
        now = clock.monotonic()
        for key, until in list(self._leaving.items()):  # a copy: two threads may be at work
            if until <= now:
                self._leaving.pop(key, None)
        return list(self._leaving)

    def _leave(self, reasons: dict[str, str]) -> None:
        until = clock.monotonic() + ALONE_FOR
        for key, why in reasons.items():
            self._leaving[key] = until
            signals.schedule_left_alone.send_robust(sender=Schedule, key=key, why=why)

    def _note_facts(self) -> None:
        if self.heartbeat is not None:
            facts.note(self.heartbeat.owner, declarations=self.fingerprint)

    def _reconcile(self) -> None:
        self._reconciled = upkeep.reconcile(after=self._reconciled)
