"""Time that a test moves. It stops at every due time on its way, so nothing is ever late."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from scheduler import conf
from scheduler.models import Schedule
from scheduler.testing.crew import Crew
from scheduler.testing.moments import Moment, instant
from scheduler.testing.work import next_run_after, run_jobs
from tasks_core.testing.clock import FrozenClock


class TravelClock:
    """
    The clock of ``schedules.travel()``: ``to()`` and ``by()`` move it, only ever forward.

    At each due time the schedulers take a turn, then jobs run, if the test wants them to. It is
    what schedules and jobs are decided by; ``timezone.now()`` in your own code keeps real time.
    """

    def __init__(self, start: datetime, *, zone: ZoneInfo, crew: Crew, jobs: bool) -> None:
        self.started_at = start
        self.zone = zone
        self._crew = crew
        self._jobs = jobs
        self._limited = False
        self._frozen = FrozenClock(start)

    def __enter__(self) -> Self:
        self._frozen.__enter__()
        try:
            self._live()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._frozen.__exit__(kind, error, trace)

    @property
    def moment(self) -> datetime:
        """The instant at which the clock stands, in UTC."""
        return self._frozen.moment

    @property
    def now(self) -> datetime:
        """The same as wall time of the journey's zone."""
        return self.moment.astimezone(self.zone)

    def to(self, moment: Moment, *, fold: int | None = None) -> None:
        """
        Travel to ``moment``: ``"03:30"`` today, ``"2026-10-26T09:00"``, or a datetime.

        Without an offset it is wall time of the journey's zone; ``fold`` 0 or 1 names a pass of
        the repeated hour. Raises ValueError for a moment that is past.
        """
        target = self.instant(moment, fold=fold)
        if target < self.moment:
            there = target.astimezone(self.zone)
            raise ValueError(
                f"The clock stands at {self.now.isoformat()} and cannot go back to "
                f"{there.isoformat()}: what has been decided stays decided. Begin another "
                "journey, in a test of its own."
            )
        self._travel(target)

    def by(self, **delta: float) -> None:
        """Let so much time elapse: ``by(days=1, hours=3)``."""
        self.to(self.moment + timedelta(**delta))

    def freeze(self, scheduler: int | None = None) -> None:
        """Hold a scheduler back, or all of them: time goes on, it does not."""
        self._crew.freeze(scheduler)

    def thaw(self, scheduler: int | None = None) -> None:
        """Let it go on from where it was held back."""
        self._crew.thaw(scheduler)
        self._live()

    def kill(self, scheduler: int | None = None) -> None:
        """End a scheduler, or all of them, for good."""
        self._crew.kill(scheduler)

    def restart(self, scheduler: int | None = None) -> None:
        """Put a new one in its place, which reads the declarations again, as after a deploy."""
        self._crew.restart(scheduler)
        self._live()

    def instant(self, moment: Moment, *, fold: int | None = None) -> datetime:
        """Return the instant that ``to(moment)`` would go to."""
        return instant(moment, self.zone, today=self.now.date(), fold=fold)

    def __str__(self) -> str:
        return f"the clock stands at {self.now.isoformat(' ')} ({self.zone.key}); {self._crew}"

    def _travel(self, target: datetime) -> None:
        self._live()  # what the test did since
        while (stop := self._next_stop()) is not None and stop <= target:
            self._frozen.move_to(stop)
            self._live()
        if self.moment < target:
            self._frozen.move_to(target)
            self._live()

    def _live(self) -> None:
        self._crew.turn()
        self._limited = False
        while self._jobs and run_jobs():
            self._limited = True  # a rate is waited for as long as it lets jobs through
            if not _waited(until=self.moment):
                break
            self._crew.turn()

    def _next_stop(self) -> datetime | None:
        """Return the next instant at which something happens."""
        stops = []
        if self._crew.awake:
            stops.append(_next_due(after=self.moment))
        if self._jobs:
            stops.append(next_run_after(limited=self._limited))
        coming = [stop for stop in stops if stop is not None and stop > self.moment]
        return min(coming, default=None)


def _next_due(*, after: datetime) -> datetime | None:
    # A schedule that nobody can decide stays due; it must not hide what comes after. One that
    # waits for a job looks again and again, in case that nobody tells it of the end; here we do.
    rows = Schedule.objects.using(conf.database()).filter(next_due_at__gt=after, waits_for=None)
    return rows.order_by("next_due_at").values_list("next_due_at", flat=True).first()


def _waited(*, until: datetime) -> bool:
    """Say whether a due time that waited for the end of a job may be decided now."""
    waiting = Schedule.objects.using(conf.database()).filter(waits_for__isnull=False)
    return waiting.filter(next_due_at__lte=until).exists()
