"""Jobs and schedules under the names that the columns of tasks have in django-background-tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, Exists, ExpressionWrapper, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from scheduler.contrib.background_task import priorities
from scheduler.contrib.background_task.inline import columns
from scheduler.contrib.background_task.tracebacks import LastTraceback
from scheduler.models import Occurrence
from tasks_core.models import Job
from tasks_core.options import DEFAULT_QUEUE, MAX_LABEL
from tasks_core.states import JobState

if TYPE_CHECKING:
    from scheduler.contrib.background_task.models import Repetition

LABEL = models.CharField(max_length=MAX_LABEL)
TEXT = models.TextField()
TIME = models.DateTimeField()
NUMBER = models.BigIntegerField()
UUID = models.UUIDField()


def task_rows(alias: str, ids: Sequence[Any] | None = None, **only: Any) -> list[Any]:
    """
    Return what waits or runs: unfinished jobs, and schedules without one.

    ``ids`` are those of the tasks that are asked for, ``only`` lookups of jobs; schedules have
    all of those names but ``pk__in``.
    """
    sign = priorities.sign()
    jobs = _known(_unfinished(alias, sign).filter(finished_at__isnull=True, **only))
    waiting = _waiting(alias, _of_schedules(alias, sign))
    unfinished = [jobs]
    if ids is not None:
        own = jobs.filter(~Exists(_its_repetition(alias)), pk__in=ids)
        unfinished = [own, jobs.filter(pk__in=_made_for(alias, ids))]
        waiting = waiting.filter(pk__in=ids)
    if "pk__in" in only:  # ids of jobs
        return unfinished
    said = {f"schedule__{name}": value for name, value in only.items()}
    return [*unfinished, waiting.filter(**said)]


def completed_rows(alias: str, ids: Sequence[Any] | None = None, **only: Any) -> list[Any]:
    """Return the jobs that have succeeded, or failed for good."""
    ended = _ended(alias, priorities.sign())
    found = _known(ended.filter(state__in=[JobState.SUCCESSFUL, JobState.FAILED], **only))
    return [found if ids is None else found.filter(pk__in=ids)]


def _known(jobs: Any) -> Any:
    from scheduler.contrib.background_task.tasks import tasks

    return jobs.filter(task__in=list(tasks))


def _waiting(alias: str, repeating: Any) -> Any:
    """Return what repeats and will be due, unless a job of it is listed."""
    last = Occurrence.objects.using(alias).filter(
        schedule_key=OuterRef(OuterRef("schedule_id")),
        due_at=OuterRef(OuterRef("schedule__last_due_at")),
        batch="",
    )
    listed = Job.objects.using(alias).filter(finished_at__isnull=True, pk__in=last.values("job_id"))
    return repeating.filter(~Exists(listed), schedule__next_due_at__isnull=False)


@cache
def _unfinished(alias: str, sign: int) -> Any:
    """Return all jobs as tasks; for Django to put this together takes longer than to ask it."""
    from scheduler.contrib.background_task.models import Task

    runs = When(state=JobState.RUNNING, then=Cast("claimed_by__pid", LABEL))
    since = When(state=JobState.RUNNING, then=F("claimed_at"))
    return columns(
        Task,
        Job.objects.using(alias),
        **_of_jobs(alias, sign),
        id=Coalesce(_of_its_schedule(alias, "id", UUID), F("pk")),
        run_at=F("run_after"),
        failed_at=_null(TIME),
        locked_by=Case(runs, default=_null(LABEL)),
        locked_at=Case(since, default=_null(TIME)),
    )


@cache
def _ended(alias: str, sign: int) -> Any:
    """Return all jobs as completed tasks."""
    from scheduler.contrib.background_task.models import CompletedTask

    failed = When(state=JobState.FAILED, then=F("finished_at"))
    return columns(
        CompletedTask,
        Job.objects.using(alias),
        **_of_jobs(alias, sign),
        id=F("pk"),
        run_at=F("finished_at"),
        failed_at=Case(failed, default=_null(TIME)),
        locked_by=_null(LABEL),
        locked_at=F("claimed_at"),
    )


def _of_jobs(alias: str, sign: int) -> dict[str, Any]:
    def own(name: str, kind: models.Field[Any, Any], *, default: Any) -> Any:
        return Coalesce(_of_its_schedule(alias, name, kind), default, output_field=kind)

    return {
        **_of_both("task", "", sign),
        "verbose_name": NullIf(own("verbose_name", LABEL, default=_text("label")), Value("")),
        "created_by": own("creator", LABEL, default=_text("creator")),
        "repeat": own("repeat", NUMBER, default=Value(0)),
        "repeat_until": _of_its_schedule(alias, "repeat_until", TIME),
        "attempts": F("attempts"),
        "last_error": Cast(Coalesce(LastTraceback("errors"), Value("")), TEXT),
        "job_id": F("pk"),
        "schedule_key": Cast(_of_its_schedule(alias, "schedule_id", LABEL), LABEL),
    }


@cache
def _of_schedules(alias: str, sign: int) -> Any:
    """Return all that repeats as tasks."""
    from scheduler.contrib.background_task.models import Repetition, Task

    return columns(
        Task,
        Repetition.objects.using(alias),
        **_of_both("schedule__task", "schedule__", sign),
        id=F("pk"),
        verbose_name=NullIf(_text("verbose_name"), Value("")),
        created_by=_text("creator"),
        repeat=F("repeat"),
        repeat_until=F("repeat_until"),
        run_at=F("schedule__next_due_at"),
        attempts=Value(0),
        failed_at=_null(TIME),
        last_error=Cast(Value(""), TEXT),
        locked_by=_null(LABEL),
        locked_at=_null(TIME),
        job_id=_null(UUID),
        schedule_key=_text("schedule_id"),
    )


def _of_both(task: str, path: str, sign: int) -> dict[str, Any]:
    urgency = F(f"{path}priority") * Value(sign)
    arguments = (Cast(f"{path}args", TEXT), Value(", "), Cast(f"{path}kwargs", TEXT))
    return {
        "task_name": _text(task),
        "task_params": Concat(Value("["), *arguments, Value("]"), output_field=TEXT),
        "priority": ExpressionWrapper(urgency, models.IntegerField()),
        "queue": NullIf(_text(f"{path}queue"), Value(DEFAULT_QUEUE)),
    }


def _of_its_schedule(alias: str, name: str, kind: models.Field[Any, Any]) -> Any:
    """Return what is kept with the schedule that made a job when it was due."""
    return Subquery(_its_repetition(alias).values(name)[:1], output_field=kind)


def _its_repetition(alias: str) -> models.QuerySet[Repetition]:
    from scheduler.contrib.background_task.models import Repetition

    planned = Occurrence.objects.using(alias).filter(job_id=OuterRef(OuterRef("pk")), batch="")
    repeating = Repetition.objects.using(alias)
    return repeating.filter(schedule__in=planned.values("schedule_key"))


def _made_for(alias: str, ids: Sequence[Any]) -> Any:
    """Return the ids of the jobs that the schedules of these tasks have made."""
    from scheduler.contrib.background_task.models import Repetition

    keys = Repetition.objects.using(alias).filter(pk__in=ids).values("schedule_id")
    planned = Occurrence.objects.using(alias).filter(schedule_key__in=keys, batch="")
    return planned.filter(job_id__isnull=False).values("job_id")


def _text(path: str) -> Any:
    """Return a text in one collation: those of the columns differ on MySQL."""
    return Cast(path, LABEL)


def _null(kind: models.Field[Any, Any]) -> Any:
    return Cast(Value(None), kind)
