"""One tick of a process that is there for something else: what is due, in a box of time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

from scheduler import conf, upkeep
from scheduler.process import Scheduler
from scheduler.ticks import jobs
from scheduler.ticks.flight import flight
from scheduler.turn.batches import Batch
from tasks_core import clock
from tasks_core.processes.worker.guest import seconds_until_work


@dataclass(slots=True)
class Report:
    """What one tick did. ``failed`` are schedules and declarations; ``more``: it is not all."""

    enqueued: int = 0
    skipped: int = 0
    failed: int = 0
    jobs: int = 0
    more: bool = False

    @property
    def has_done_something(self) -> bool:
        return bool(self.enqueued or self.skipped or self.jobs)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Ticker:
    """Ticks in this process when it is asked to; declarations are synchronised once."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as settings have changed."""
        self._scheduler = Scheduler()
        self._purge_at = 0.0

    def seconds_until_due(self) -> float:
        """Return the seconds until a schedule is due, or with TICK_JOBS a job; inf if none is."""
        self._scheduler.begin()
        waits = [self._scheduler.seconds_until_due()]
        if conf.tuning().tick_jobs:
            waits += map(seconds_until_work, jobs.served())
        return min(waits)

    def tick(self) -> Report | None:
        """Decide what is due, and run jobs if TICK_JOBS says so; None while another tick does."""
        tuning = conf.tuning()
        ends_at = clock.monotonic() + tuning.tick_budget
        for_jobs = 0.0 if isinstance(tuning.tick_jobs, bool) else tuning.tick_jobs
        with flight(conf.database(), seconds=tuning.tick_budget + for_jobs) as begins:
            if not begins:
                return None
            self._scheduler.begin()
            report = self._decide(ends_at)
            self._keep_up(tuning)
            if tuning.tick_jobs:
                seconds = for_jobs or ends_at - clock.monotonic()
                report.jobs, is_left = jobs.visits.run(seconds=seconds)
                report.more |= is_left
            return report

    def _decide(self, ends_at: float) -> Report:
        total, limit = Batch(), conf.tuning().batch_size
        while True:
            batch = self._scheduler.drain(batches=1)
            total.add(batch)
            is_left = batch.looked_at >= limit
            if not is_left or clock.monotonic() >= ends_at:
                break
        failed = len(total.failed) + self._scheduler.refused
        return Report(total.enqueued, total.skipped, failed, more=is_left)

    def _keep_up(self, tuning: conf.Tuning) -> None:
        """Do what a scheduler and a worker do beside, where this process may be all there is."""
        self._scheduler.keep_up(seconds=tuning.tick_budget)  # a request waits, or its process
        if clock.monotonic() >= self._purge_at:
            self._purge_at = clock.monotonic() + tuning.purge_seconds
            upkeep.purge()
            if tuning.tick_jobs:
                jobs.prune()


ticker = Ticker()


@receiver(setting_changed)
def forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"JOBS", "SCHEDULE", "SCHEDULER", "TASKS_CORE"}:  # in somebody's test
        ticker.forget()
