"""What operators ask, answered from the table of jobs."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.backends.database.questions.diagnosis import examine
from tasks_core.backends.database.questions.statistics import look as statistics
from tasks_core.backends.database.questions.statistics import queues
from tasks_core.backends.served.questions import Wanted
from tasks_core.models import Job, JobQuerySet

__all__ = ["examine", "find", "ids", "queues", "rows", "statistics"]


def find(alias: str, wanted: Wanted, *, limit: int) -> list[Job]:
    # Ids grow with time, and their index is the one that every job is in.
    return list(_narrowed(alias, wanted).order_by("-pk")[:limit])


def ids(alias: str, wanted: Wanted, *, limit: int | None = None) -> list[UUID]:
    return list(_narrowed(alias, wanted).order_by("pk").values_list("pk", flat=True)[:limit])


def rows(alias: str, ids: Sequence[UUID]) -> list[Job]:
    return list(Job.rows.using(alias).filter(pk__in=ids))


def _narrowed(alias: str, wanted: Wanted) -> JobQuerySet:
    jobs = Job.rows.using(alias).all()
    if wanted.queue:
        jobs = jobs.filter(queue=wanted.queue)
    if wanted.task:
        jobs = jobs.filter(task=wanted.task)
    if len(wanted.states) == 1:
        return jobs.in_state(wanted.states[0])
    return jobs.filter(state__in=wanted.states) if wanted.states else jobs
