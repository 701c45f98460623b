"""successful, failed, cancelled -> nothing: remove what ended long ago."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tasks_core import conf
from tasks_core.models import Job, Process
from tasks_core.states import JobState

BATCH = 1000  # rows in one transaction, so that nobody waits for long


def retention(state: JobState) -> timedelta:
    """Return how long jobs that ended in ``state`` are kept."""
    kept: timedelta = conf.get(f"RETAIN_{state.name}")
    return kept


def prune(
    alias: str, state: JobState, *, now: datetime, older_than: timedelta | None = None
) -> Iterator[int]:
    """Remove jobs in the final ``state``, batch by batch; yield the size of each batch."""
    age = retention(state) if older_than is None else older_than
    old = Job.objects.using(alias).filter(state=state, finished_at__lt=now - age)
    while batch := list(old.order_by("finished_at").values_list("pk", flat=True)[:BATCH]):
        # The state again: a job may have been retried since it was listed.
        yield Job.objects.using(alias).filter(pk__in=batch, state=state).delete()[0]


def prune_processes(alias: str, *, now: datetime) -> int:
    """Remove processes that stopped a day ago and own nothing."""
    yesterday = now - timedelta(days=1)
    stopped = Process.objects.using(alias).filter(stopped_at__lt=yesterday, jobs__isnull=True)
    return stopped.delete()[0]
