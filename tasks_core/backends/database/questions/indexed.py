"""Jobs of one state, asked so that an index answers, however many jobs have ended."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db import connections
from django.db.models.expressions import RawSQL

from tasks_core.models import Job, JobQuerySet, Queue
from tasks_core.states import JobState

COUNTED = 10_000  # nobody reads a larger number, and counting a million rows takes a second
MOST_QUEUES = 500


def claimable(alias: str) -> JobQuerySet:
    """Return the ready jobs that no limit holds back."""
    free = Job.rows.using(alias).claimable().order_by("queue")
    return _pinned(free, JobState.READY, parked="FALSE")


def parked(alias: str) -> list[JobQuerySet]:
    """Return the ready jobs that wait for a limit, in two parts."""
    held = Job.rows.using(alias).in_state(JobState.READY).filter(parked__in=[True])
    return [
        held.filter(concurrency_key__isnull=False).order_by(),
        held.filter(concurrency_key__isnull=True, rate_key__isnull=False).order_by(),
    ]


def _pinned(jobs: JobQuerySet, state: JobState, **columns: str) -> JobQuerySet:
    """
    Let PostgreSQL begin where the state, and these columns, have these values.

    What the condition of a partial index says already it drops from a query, and then reads
    that index from its start: 12 ms for 100,000 rows. What a subquery says it cannot know.
    """
    if connections[jobs.db].vendor != "postgresql":
        return jobs
    told = {name: RawSQL(f"SELECT {value}", ()) for name, value in columns.items()}  # noqa: S611 - our own words
    # Beside one that no job has: of a single value it finds out that it says the same.
    states = [RawSQL("SELECT %s", (value,)) for value in (state.value, "")]
    return jobs.filter(state__in=states, **told)


def running(alias: str) -> JobQuerySet:
    # Only what runs has an owner, and the index of owners is small.
    owned = Job.rows.using(alias).in_state(JobState.RUNNING).filter(claimed_by__isnull=False)
    return owned.order_by("claimed_by_id")


def deferred(alias: str) -> JobQuerySet:
    """Return the jobs whose time comes later, the next one first."""
    later = Job.rows.using(alias).in_state(JobState.SCHEDULED).order_by("run_after")
    return _pinned(later, JobState.SCHEDULED)


def ended(alias: str, state: JobState) -> JobQuerySet:
    """Return the jobs that ended so, the newest first."""
    jobs = Job.rows.using(alias).in_state(state).filter(finished_at__isnull=False)
    return jobs.order_by("-finished_at")


def of_state(alias: str, state: JobState) -> list[JobQuerySet]:
    """Return the jobs of a state in as many parts as there are indexes to ask."""
    match state:
        case JobState.SCHEDULED:
            return [deferred(alias)]
        case JobState.READY:
            return [claimable(alias), *parked(alias)]
        case JobState.RUNNING:
            return [running(alias)]
        case _:
            return [ended(alias, state)]


def counted(*parts: JobQuerySet, most: int = COUNTED) -> int:
    """Count, but no further than anybody reads."""
    # In the order of the index, and nothing but what is in it, so that it alone is read.
    return min(most, sum(part.values("state")[:most].count() for part in parts))


def count_of_state(alias: str, state: JobState) -> int:
    return counted(*of_state(alias, state))


def queues_of(jobs: JobQuerySet) -> Iterator[str]:
    """Yield the queues of claimable jobs, by one look at the index for each."""
    names = jobs.values_list("queue", flat=True)
    name = names.first()
    while name is not None:
        yield name
        name = names.filter(queue__gt=name).first()


def some_queues_of(jobs: JobQuerySet) -> Iterator[str]:
    """Yield no more of them than a person looks at."""
    return islice(queues_of(jobs), MOST_QUEUES)


def queue_names(alias: str) -> set[str]:
    """Return the queues in which jobs wait or run, and those that are paused."""
    parts = (deferred(alias), running(alias), *parked(alias))
    found = {row for part in parts for row in part.values_list("queue", flat=True)[:COUNTED]}
    return found.union(some_queues_of(claimable(alias)), (queue.name for queue in paused(alias)))


def oldest_at(jobs: JobQuerySet) -> datetime | None:
    """
    Return the least ``run_after`` of claimable jobs.

    One query for each priority there is, since in the index that comes first.
    """
    oldest = None
    best = jobs.order_by("-priority", "run_after").values_list("priority", "run_after")
    while row := best.first():
        priority, run_after = row
        oldest = run_after if oldest is None else min(oldest, run_after)
        best = best.filter(priority__lt=priority)
    return oldest


def oldest_waiting_at(alias: str, *, now: datetime) -> datetime | None:
    """
    Return since when the oldest job waits that could run: due, not parked, its queue not paused.

    What is due and still scheduled counts too: without a worker nobody makes it ready.
    """
    resting = [queue.name for queue in paused(alias)]
    late = deferred(alias).filter(run_after__lte=now).exclude(queue__in=resting)
    parts = [claimable(alias)]
    if resting:
        names = [name for name in some_queues_of(claimable(alias)) if name not in resting]
        parts = [claimable(alias).filter(queue=name) for name in names]
    found = [late.values_list("run_after", flat=True).first(), *map(oldest_at, parts)]
    return min(filter(None, found), default=None)


def paused(alias: str) -> list[Queue]:
    return list(Queue.objects.using(alias).filter(paused_at__isnull=False).order_by("name"))
