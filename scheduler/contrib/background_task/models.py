"""Tasks as django-background-tasks has them: a view of jobs and schedules, without a table."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha1
from socket import gethostname
from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.contrib.background_task.columns import completed_rows, task_rows
from scheduler.contrib.background_task.querysets import CompletedTaskManager, TaskManager
from scheduler.models import Schedule
from tasks_core import ids
from tasks_core.models import Job
from tasks_core.options import CHECKS, MAX_LABEL

HOUR = 3600
DAY = 24 * HOUR
REPEAT_CHOICES = (
    (HOUR, _("hourly")),
    (DAY, _("daily")),
    (7 * DAY, _("weekly")),
    (14 * DAY, _("every 2 weeks")),
    (28 * DAY, _("every 4 weeks")),
    (0, _("never")),
)


class Repetition(models.Model):
    """What a task that repeats says and its schedule, which makes its jobs, has no column for."""

    id = models.UUIDField(primary_key=True, default=ids.job_id, editable=False)
    # No constraint: MySQL wants its collation to be the same, and the schedule's may be its own.
    schedule = models.OneToOneField(
        Schedule, models.CASCADE, related_name="repetition", db_constraint=False
    )
    verbose_name = models.CharField(max_length=MAX_LABEL, blank=True)
    creator = models.CharField(max_length=MAX_LABEL, blank=True)
    repeat = models.BigIntegerField()
    repeat_until = models.DateTimeField(null=True, blank=True)
    on_failure = models.BooleanField(default=False)  # it goes on after a job that failed for good

    def __str__(self) -> str:
        return str(self.schedule_id)


class Facts(models.Model):
    """The columns that ``Task`` and ``CompletedTask`` share."""

    id = models.UUIDField(primary_key=True)
    task_name = models.CharField(max_length=255)
    task_params = models.TextField()
    verbose_name = models.CharField(max_length=MAX_LABEL, null=True, blank=True)
    priority = models.IntegerField(default=0)
    run_at = models.DateTimeField(null=True)
    repeat = models.BigIntegerField(choices=REPEAT_CHOICES, default=0)
    repeat_until = models.DateTimeField(null=True, blank=True)
    queue = models.CharField(max_length=190, null=True, blank=True)
    attempts = models.IntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)
    errors = models.JSONField(default=list)
    locked_by = models.CharField(max_length=64, null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=MAX_LABEL, blank=True, default="")
    job_id = models.UUIDField(null=True)
    schedule_key = models.CharField(max_length=255, null=True)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        found = super().from_db(*args, **kwargs)
        found.note_read()
        return found

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self.note_read()

    def note_read(self) -> None:
        """Note that it says what is stored."""
        self._read = {name: vars(self).get(name) for name in self._names()}

    def changed(self) -> set[str]:
        """Return the names of what was changed since it was read."""
        return {name for name in self._names() if vars(self).get(name) != self._read[name]}

    def _names(self) -> list[str]:
        return [field.attname for field in self._meta.concrete_fields]

    @property
    def task_hash(self) -> str:
        """Return what is equal for the same name and the same arguments."""
        return sha1(f"{self.task_name}{self.task_params}".encode()).hexdigest()  # noqa: S324

    @property
    def last_error(self) -> str:
        """Return the traceback of the last attempt that raised."""
        return self.errors[-1]["traceback"] if self.errors else ""

    @property
    def creator(self) -> models.Model | None:
        """Return who asked for it, read anew; None where it is gone."""
        label, _colon, pk = self.created_by.partition(":")
        with suppress(LookupError, ValueError, ObjectDoesNotExist):
            found: models.Model = apps.get_model(label)._meta.base_manager.get(pk=pk)
            return found
        return None

    @creator.setter
    def creator(self, creator: models.Model | None) -> None:
        self.created_by = CHECKS["creator"](creator)

    def params(self) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional arguments and those by name."""
        args, kwargs = json.loads(self.task_params)
        return args, kwargs

    def has_error(self) -> bool:
        return bool(self.errors)

    def is_repeating_task(self) -> bool:
        return self.repeat > 0

    def locked_by_pid_running(self) -> bool | None:
        """Say whether the process that runs it is alive; None unless one of this host runs it."""
        runs = Job.objects.using(conf.database()).filter(pk=self.job_id)
        runner = runs.values_list("claimed_by__hostname", "claimed_by__pid").first()
        if not self.locked_by or runner != (gethostname(), int(self.locked_by)):
            return None
        try:
            os.kill(int(self.locked_by), 0)
        except OSError as error:
            return isinstance(error, PermissionError)  # another user's is alive, too
        return True


class Task(Facts):
    """
    What waits or runs: an unfinished job, or a schedule that waits for its next due time.

    To save one that is new stores it; to save one that is not changes when, in which queue and
    with which priority it runs, for whom, and how it repeats. Each is done by a verb of ours.
    """

    HOURLY = HOUR
    DAILY = DAY
    WEEKLY = 7 * DAY
    EVERY_2_WEEKS = 14 * DAY
    EVERY_4_WEEKS = 28 * DAY
    NEVER = 0
    REPEAT_CHOICES: ClassVar = REPEAT_CHOICES

    # Of one that is not stored yet: whether it goes on after a job that failed for good.
    repeat_on_failure: bool = False

    objects = TaskManager()

    class Meta:
        managed = False
        db_table = "tasks_background_task_task"
        base_manager_name = "objects"
        verbose_name = _("task")

    statements = staticmethod(task_rows)

    def __str__(self) -> str:
        return self.verbose_name or self.task_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store it, or change what is stored. Raises InvalidCall for what no verb changes."""
        from scheduler.contrib.background_task import changing, storing

        if self._state.adding:
            storing.store(self)
        else:
            changing.change(self)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove it, and the schedule if it repeats. A job that runs already runs to its end."""
        from scheduler.contrib.background_task import changing

        return changing.delete([self])


class CompletedTask(Facts):
    """A job that has succeeded or failed for good; kept as long as ended jobs are."""

    objects = CompletedTaskManager()

    class Meta:
        managed = False
        db_table = "tasks_background_task_completedtask"
        base_manager_name = "objects"
        verbose_name = _("completed task")

    statements = staticmethod(completed_rows)

    def __str__(self) -> str:
        return f"{self.verbose_name or self.task_name} - {self.run_at}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("A completed task is a job that has ended: nothing of it can be changed.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the job."""
        from scheduler.contrib.background_task import changing

        return changing.delete([self])
