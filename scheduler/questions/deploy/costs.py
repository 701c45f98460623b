"""What a schedule costs: runs per day by its trigger, seconds per run by its last jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from statistics import mean

from scheduler.due.protocol import spec_of
from scheduler.due.questions import number_due
from scheduler.models import Occurrence
from scheduler.triggers import Trigger, due_times
from tasks_core.models import Job

DAY = timedelta(days=1)
SPANS = tuple(timedelta(days=days) for days in (28, 7, 1))
RARE, YEAR = 3, timedelta(days=366)  # due no more often in the longest span: a year tells more
LISTED = 700  # due times; the longest span that holds no more tells how many there are
LAST = 20  # jobs


class Rates:
    """How often triggers are due on an average day from ``now`` on; many share few of them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._known: dict[str, float] = {}

    def of(self, trigger: Trigger) -> float:
        spec = spec_of(trigger)
        if spec not in self._known:
            self._known[spec] = self._counted(trigger)
        return self._known[spec]

    def _counted(self, trigger: Trigger) -> float:
        listed = list(islice(self._in_a_year(trigger), LISTED))
        for span in SPANS:
            if len(listed) < LISTED or listed[-1] > self.now + span:
                count = sum(due_at <= self.now + span for due_at in listed)
                rare = span == SPANS[0] and count <= RARE
                return len(listed) / (YEAR / DAY) if rare else count / (span / DAY)
        exact = number_due(trigger, after=self.now, until=self.now + DAY)
        # Between the first and the last of them, since now is somewhere between two.
        spans = (len(listed) - 1) / ((listed[-1] - listed[0]) / DAY)
        return spans if exact is None else float(exact)

    def _in_a_year(self, trigger: Trigger) -> Iterator[datetime]:
        return takewhile(lambda due_at: due_at <= self.now + YEAR, due_times(trigger, self.now))


def seconds_per_run(alias: str, key: str) -> float | None:
    """Return how long the last jobs of a schedule ran, on average; None if that is not known."""
    made = Occurrence.objects.using(alias).filter(schedule_key=key, batch="")
    ended = made.filter(ended_at__isnull=False).order_by("-due_at")
    ids = [job_id for job_id in ended.values_list("job_id", flat=True)[:LAST] if job_id]
    jobs = Job.objects.using(alias).filter(pk__in=ids, started_at__isnull=False)
    times = jobs.filter(finished_at__isnull=False).values_list("started_at", "finished_at")
    ran = [(until - since).total_seconds() for since, until in times if since and until]
    return mean(ran) if ran else None
