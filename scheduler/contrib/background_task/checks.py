"""What ``manage.py check`` says about background tasks. Ids are never reused."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

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
