"""What may be asked of tasks, and done to many of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models, transaction

from scheduler.contrib.background_task.inline import InlineQuery
from scheduler.contrib.background_task.settings import app_settings
from tasks_core import clock
from tasks_core.exceptions import InvalidCall
from tasks_core.options import CHECKS

if TYPE_CHECKING:
    from scheduler.contrib.background_task.models import Task


HAS_ENDED = "A completed task is a job that has ended: nothing of it can be changed."
NO_TABLE = "Tasks are a view of jobs and schedules, without a table for {}(): {}."


class FactsQuerySet(models.QuerySet[Any]):
    def created_by(self, creator: models.Model) -> Self:
        """Return those that ``creator`` asked for; raise InvalidCall if it is nobody."""
        text = CHECKS["creator"](creator)
        if not text:
            raise InvalidCall(f"created_by({creator!r:.80}) would be those of nobody at all.")
        return self.filter(created_by=text)

    def get_task(
        self,
        task_name: str,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the tasks of this name and with these arguments."""
        return self.same_as(self.model(task_name=task_name, task_params=params_text(args, kwargs)))

    def same_as(self, task: Task) -> Self:
        """Return the tasks with the name and the arguments of ``task``."""
        args, kwargs = task.params()
        return self.narrowed(task=task.task_name, args=args, kwargs=kwargs)

    def of_jobs(self, job_ids: Sequence[UUID]) -> Self:
        """Return those of these jobs, without a look at any other."""
        return self.narrowed(pk__in=job_ids)

    def narrowed(self, **only: Any) -> Self:
        """Return those whose jobs, or schedules, have these columns there."""
        found = self.all()
        found.query.only = only  # type: ignore[attr-defined]
        return found

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove them, each by our verbs; those that run already run to their end."""
        from scheduler.contrib.background_task import changing

        return changing.delete(list(self))

    delete.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        raise TypeError(NO_TABLE.format("bulk_create", "call each task, or save() each"))

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise TypeError(NO_TABLE.format("bulk_update", "update() them, or save() each"))


class TaskQuerySet(FactsQuerySet):
    def update(self, **values: Any) -> int:
        """
        Change ``run_at``, ``priority``, ``queue``, ``repeat`` or ``repeat_until`` of them.

        Takes values and expressions. Raises InvalidCall for what no verb changes: then of none.
        Counts those that no worker has taken, or ended, meanwhile.
        """
        from scheduler.contrib.background_task import changing

        for name in values.keys() - {"creator"}:
            self.model._meta.get_field(name)
        computed = {
            f"new_{name}": value
            for name, value in values.items()
            if hasattr(value, "resolve_expression")
        }
        count = 0
        with transaction.atomic(using=self.db):
            for each in list(self.annotate(**computed)):
                for name, value in values.items():
                    setattr(each, name, getattr(each, f"new_{name}", value))
                with suppress(self.model.DoesNotExist):  # it has ended meanwhile
                    count += changing.change(each)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def unlocked(self, now: datetime | None = None) -> Self:
        """Return what nobody runs."""
        return self.filter(locked_at__isnull=True)

    def locked(self, now: datetime | None = None) -> Self:
        """Return what somebody runs."""
        return self.filter(locked_at__isnull=False)

    def find_available(self, queue: str | None = None) -> Self:
        """Return what may run now, first first."""
        due = self.unlocked().filter(run_at__lte=clock.db_now(self.db))
        found = due.filter(queue=queue) if queue else due
        return found.order_by(f"{app_settings.BACKGROUND_TASK_PRIORITY_ORDERING}priority", "run_at")


class CompletedTaskQuerySet(FactsQuerySet):
    def update(self, **values: Any) -> int:
        raise TypeError(HAS_ENDED)

    def failed(self, within: timedelta | None = None) -> Self:
        """Return what failed for good, at all or so recently."""
        return self._ended(within).filter(failed_at__isnull=False)

    def succeeded(self, within: timedelta | None = None) -> Self:
        """Return what succeeded, at all or so recently."""
        return self._ended(within).filter(failed_at__isnull=True)

    def _ended(self, within: timedelta | None) -> Self:
        return self.filter(run_at__gt=clock.db_now(self.db) - within) if within else self.all()


class TaskManager(models.Manager.from_queryset(TaskQuerySet)):  # type: ignore[misc]
    """``Task.objects``."""

    def get_queryset(self) -> TaskQuerySet:
        return TaskQuerySet(self.model, query=InlineQuery(self.model), using=self.db)

    @property
    def db(self) -> str:
        return self._db or _database()

    def new_task(
        self,
        task_name: str,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        run_at: datetime | None = None,
        priority: int = 0,
        queue: str | None = None,
        verbose_name: str | None = None,
        creator: models.Model | None = None,
        repeat: int | None = None,
        repeat_until: datetime | None = None,
        remove_existing_tasks: bool = False,
    ) -> Task:
        """Return a task that is not stored before it is saved."""
        task: Task = self.model(
            task_name=task_name,
            task_params=params_text(args, kwargs),
            run_at=run_at,
            priority=priority,
            queue=queue,
            verbose_name=verbose_name,
            creator=creator,
            repeat=repeat or 0,
            repeat_until=repeat_until,
        )
        if remove_existing_tasks:
            self.same_as(task).unlocked().delete()
        return task

    def drop_task(
        self,
        task_name: str,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> tuple[int, dict[str, int]]:
        """Remove them."""
        found: TaskQuerySet = self.get_task(task_name, args, kwargs)
        return found.delete()


class CompletedTaskManager(models.Manager.from_queryset(CompletedTaskQuerySet)):  # type: ignore[misc]
    """``CompletedTask.objects``."""

    def get_queryset(self) -> CompletedTaskQuerySet:
        return CompletedTaskQuerySet(self.model, query=InlineQuery(self.model), using=self.db)

    @property
    def db(self) -> str:
        return self._db or _database()


def params_text(args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None) -> str:
    """Return the arguments as they are there. Raises TypeError for what is no JSON."""
    return json.dumps((args or (), kwargs or {}), sort_keys=True)


def _database() -> str:
    from scheduler.contrib.background_task.storing import backend

    return str(backend().database)
