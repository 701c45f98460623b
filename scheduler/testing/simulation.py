"""Days in milliseconds: walk through due times, and run what they cause."""

from __future__ import annotations

from datetime import datetime

from scheduler import conf
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from tasks_core.testing.clock import FrozenClock
from tasks_core.testing.drain import drain


def simulate(
    *, since: datetime, until: datetime, scheduler: Scheduler | None = None
) -> list[Occurrence]:
    """
    Live from ``since`` to ``until`` and return the occurrences of that time, oldest first.

    Synchronises the declarations, then stops at each due time, makes its jobs and runs them in
    this thread. Raises nothing that a job raises: look at ``job_state``, or at what it did.
    """
    scheduler = scheduler or Scheduler()
    alias = conf.database()
    with FrozenClock(since) as clock:
        scheduler.run_once()
        while (due_at := _next_due()) is not None and clock.moment < due_at <= until:
            clock.move_to(due_at)
            scheduler.run_once()
            drain()
        clock.move_to(until)
    lived = Occurrence.objects.using(alias).filter(recorded_at__gte=since, recorded_at__lte=until)
    return list(lived.order_by("due_at", "schedule_key"))


def _next_due() -> datetime | None:
    rows = Schedule.objects.using(conf.database()).active()
    known = rows.filter(next_due_at__isnull=False).order_by("next_due_at")
    return known.values_list("next_due_at", flat=True).first()
