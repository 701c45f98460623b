"""The table of django-background-tasks: its columns, and what a row says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import DatabaseError, models

from scheduler.exceptions import OperationRefused
from scheduler.importing.readings import Untranslatable, clipped

TABLE = "background_task"
PARAMS = "Its task_params, {}, are not [list, object] in JSON. Mend or delete row {}."


def rows(database: str) -> list[Any]:
    """Return all rows, first first. Raises OperationRefused where there is no such table."""
    try:
        return list(_model().objects.using(database).order_by("run_at", "pk"))
    except DatabaseError as error:
        raise OperationRefused(
            f"The table {TABLE} cannot be read: {error}. --database names another database."
        ) from error


def _model() -> Any:
    """Return a model of the columns that are read, known to nobody else."""

    class Row(models.Model):
        task_name = models.CharField(max_length=190)
        task_params = models.TextField()
        task_hash = models.CharField(max_length=40)
        verbose_name = models.CharField(max_length=255, null=True)
        priority = models.IntegerField()
        run_at = models.DateTimeField()
        repeat = models.BigIntegerField()
        repeat_until = models.DateTimeField(null=True)
        queue = models.CharField(max_length=190, null=True)
        attempts = models.IntegerField()
        failed_at = models.DateTimeField(null=True)
        locked_by = models.CharField(max_length=64, null=True)
        locked_at = models.DateTimeField(null=True)
        creator_content_type_id = models.IntegerField(null=True)
        creator_object_id = models.PositiveIntegerField(null=True)

        class Meta:
            apps = Apps()
            app_label = "tasks_scheduler"
            managed = False
            db_table = TABLE

        def __str__(self) -> str:
            return str(self.verbose_name or self.task_name)

    return Row


def runs_once(row: Any) -> bool:
    """Say whether one run is left, and no more."""
    return row.repeat <= 0 or (row.repeat_until is not None and row.repeat_until <= row.run_at)


def is_running(row: Any, now: datetime) -> bool:
    """Say whether a worker has it: as the package does, which takes it back after MAX_RUN_TIME."""
    longest = timedelta(seconds=getattr(settings, "MAX_RUN_TIME", 3600))
    is_locked = row.locked_by is not None and row.locked_at is not None
    return bool(is_locked and row.locked_at >= now - longest)


def params(row: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments. Raises Untranslatable for what is none."""
    try:
        args, kwargs = json.loads(row.task_params)
        return list(args), {str(name): value for name, value in kwargs.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise Untranslatable(PARAMS.format(clipped(row.task_params), row.pk)) from error


def key(row: Any) -> str:
    """Return a key that is the same at every import: a row lives until its next run only."""
    try:
        has_arguments = any(params(row))
    except Untranslatable:
        has_arguments = True
    return f"{row.task_name}-{row.task_hash[:8]}" if has_arguments else str(row.task_name)


def identity(name: str) -> UUID:
    """Return an id that is the same at every import, so that nothing is stored twice."""
    return uuid5(NAMESPACE_URL, f"django-background-tasks:{name}")


def creator(row: Any, database: str) -> str:
    """Return who asked for it, as our jobs say it: "auth.User:7". Or nothing."""
    if row.creator_object_id is None or not apps.is_installed("django.contrib.contenttypes"):
        return ""
    from django.contrib.contenttypes.models import ContentType

    kinds = ContentType.objects.using(database).filter(pk=row.creator_content_type_id)
    for kind in kinds:
        model = kind.model_class()
        label = model._meta.label if model else f"{kind.app_label}.{kind.model}"
        return f"{label}:{row.creator_object_id}"
    return ""
