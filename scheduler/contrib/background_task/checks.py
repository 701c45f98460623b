"""What ``manage.py check`` says about background tasks. Ids are never reused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db.models import DO_NOTHING

from scheduler.contrib.background_task.facts import Facts
from scheduler.contrib.background_task.settings import app_settings
from scheduler.contrib.background_task.storing import why_not
from tasks_core import job_backends


@register("background_task")
def check_backend(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001: where background tasks would be kept."""
    alias = app_settings.BACKGROUND_TASK_BACKEND
    try:
        why = why_not(job_backends[alias])
    except ImproperlyConfigured as error:
        why = str(error)
    if not why:
        return []
    hint = (
        f'JOBS[{alias!r}] = {{"BACKEND": "tasks_core.backends.database.DatabaseBackend"}}, or name '
        "another alias of JOBS in BACKGROUND_TASK_BACKEND."
    )
    return [Error(why, hint=hint, id="tasks_background_task.E001")]


@register("background_task")
def check_relations(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E002: a model of the project refers to tasks as if they had a table."""
    return [
        Error(
            f"It refers to {field.related_model.__name__}, a view of jobs and schedules: no "
            "database can hold such a constraint, and nothing tells when a task has ended.",
            hint=REFER,
            obj=field,
            id="tasks_background_task.E002",
        )
        for field in _relations()
        if not _is_loose(field)
    ]


REFER = (
    "Keep the id of the task, in a models.UUIDField(); or say db_constraint=False, and for a "
    "ForeignKey or OneToOneField on_delete=models.DO_NOTHING. See "
    "docs/howto/migrate/django-background-tasks."
)


def _relations() -> Iterator[Any]:
    """Yield the fields of tables that refer to tasks."""
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            to = field.related_model
            if isinstance(to, type) and issubclass(to, Facts):
                yield field


def _is_loose(field: Any) -> bool:
    """Say whether the database and Django leave a relation alone."""
    if field.many_to_many:
        through = field.remote_field.through
        return not through._meta.auto_created or not field.remote_field.db_constraint
    return not field.db_constraint and field.remote_field.on_delete is DO_NOTHING
