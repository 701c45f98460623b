"""Which jobs: questions that can be put one after the other, ``failed().for_task(send)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from tasks_core import clock, registry
from tasks_core.exceptions import IllegalTransition, InvalidCall
from tasks_core.expressions import Flag, Literal, among
from tasks_core.options import CHECKS, When, instant_or_delay
from tasks_core.states import FINAL, JobState, allowed

if TYPE_CHECKING:
    from tasks_core.definition import Task
    from tasks_core.models.job import Job  # noqa: F401 - what a row is


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by what they are, and the one way in which the arrows move them."""

    def in_state(self, state: JobState | str) -> JobQuerySet:
        """Return the jobs in ``state``, in the words of the partial indexes."""
        return self.filter(state=Literal(_known(state).value))

    def ready(self) -> JobQuerySet:
        """Return the jobs that wait for a worker; those that a limit holds back, too."""
        return self.filter(_ready())

    def failed(self) -> JobQuerySet:
        """Return the jobs that no attempt is left of."""
        return self.in_state(JobState.FAILED).filter(
            finished_at__isnull=False
        )  # as its index has it

    def unfinished(self) -> JobQuerySet:
        """Return the jobs that wait or run."""
        return self.exclude(state__in=FINAL)

    def due(self, now: When = timedelta(0)) -> JobQuerySet:
        """
        Return the jobs that nobody has claimed although their time has come.

        ``now`` is an instant, or a timedelta that counts from the database's clock.
        """
        moment: Any = instant_or_delay(now, what="now")
        if isinstance(moment, timedelta):  # the database adds it: a queryset asks nothing yet
            moment = clock.StatementNow() + moment
        waiting = Q(state=Literal(JobState.SCHEDULED)) | _ready()
        return self.filter(waiting, run_after__lte=moment)

    def stuck(self) -> JobQuerySet:
        """Return the running jobs whose process is dead; a living worker will rescue them."""
        # Only what runs has an owner, and the index of owners is small.
        owned = self.in_state(JobState.RUNNING).filter(claimed_by__isnull=False)
        return owned.filter(claimed_by__lease_expires_at__lt=clock.DatabaseNow())

    def for_task(self, task: Task[Any, Any] | Callable[..., Any] | str) -> JobQuerySet:
        """Return the jobs of a task, function or dotted name, which may be gone by now."""
        return self.filter(task=task if isinstance(task, str) else registry.find(task).name)

    def for_creator(self, creator: models.Model | str) -> JobQuerySet:
        """Return the jobs enqueued with this ``creator=``; raise InvalidCall if it is nobody."""
        text = CHECKS["creator"](creator)
        if not text:
            raise InvalidCall(
                f"for_creator({creator!r:.80}) would be the jobs of nobody in particular."
            )
        return self.filter(~Q(creator=Literal("")), creator=text)  # as its index has it

    def of_schedule(self, key: str) -> JobQuerySet:
        """Return the jobs of a schedule: of its due times, its backfills and its runs by hand."""
        ids = _job_ids_of(key)
        return self.filter(pk__in=ids) if ids.db == self.db else self.filter(among("pk", ids))

    def claimable(self) -> JobQuerySet:
        """Return the ready jobs that no limit holds back, found by the indexes of claims."""
        return self.filter(_claimable())

    def suspect(self) -> JobQuerySet:
        """Return the jobs that must run alone, found by their index."""
        return self.filter(Flag("suspect", True))

    def move(self, source: JobState, target: JobState, **changes: Any) -> int:
        """
        Move the jobs still in ``source`` to ``target`` and return how many moved.

        The old state is part of the WHERE clause, so of two processes that race for one job
        exactly one is told "1".
        """
        if not allowed(source, target):
            raise IllegalTransition(f"{source} -> {target}")
        return self.filter(state=source).update(state=target, **changes)


def _claimable() -> Q:
    return Q(Flag("parked", False), state=Literal(JobState.READY))


def _ready() -> Q:
    """Return what is ready in the words of three indexes: none is of all that are."""
    held = Q(Flag("parked", True), state=Literal(JobState.READY))
    by_key, by_rate = Q(concurrency_key__isnull=False), Q(rate_key__isnull=False)
    return _claimable() | (held & by_key) | (held & by_rate)


def _known(state: Any) -> JobState:
    try:
        return JobState(state)
    except ValueError:
        raise InvalidCall(
            f"{state!r:.80} is no state of a job: they are {', '.join(JobState)}."
        ) from None


def _job_ids_of(key: str) -> QuerySet[Any, Any]:
    """Ask the app that keeps schedules: only its ledger knows, by an index, whose a job is."""
    for path in _ledgers():
        found: QuerySet[Any, Any] = import_string(path)(key)
        return found
    raise InvalidCall(
        'of_schedule() needs the app that keeps schedules: add "scheduler" to INSTALLED_APPS.'
    )


def _ledgers() -> Iterator[str]:
    named = (getattr(app, "job_ids_of_schedule", None) for app in apps.get_app_configs())
    return filter(None, named)
