"""Tasks as django-background-tasks has them: a view of jobs and schedules, without a table."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler.contrib.background_task.columns import completed_rows, task_rows
from scheduler.contrib.background_task.facts import DAY, HOUR, REPEAT_CHOICES, Facts
from scheduler.contrib.background_task.querysets import (
    HAS_ENDED,
    CompletedTaskManager,
    TaskManager,
)
from scheduler.models import Schedule
from tasks_core import ids
from tasks_core.exceptions import InvalidCall
from tasks_core.options import MAX_LABEL


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

    def clean(self) -> None:
        """Tell a form what save() would refuse."""
        from scheduler.contrib.background_task import changing, storing

        vet = storing.vet if self._state.adding else changing.vet
        try:
            vet(self)
        except (InvalidCall, Task.DoesNotExist) as error:
            raise ValidationError(str(error)) from error

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
        raise TypeError(HAS_ENDED)

    def clean(self) -> None:
        raise ValidationError(HAS_ENDED)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the job."""
        from scheduler.contrib.background_task import changing

        return changing.delete([self])
