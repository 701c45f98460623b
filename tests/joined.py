"""
JOBS and TASKS, joined for as long as a test lasts.

The test project has no TASKS, and other tests see nothing of the framework.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connections
from django.test import override_settings

BRIDGE = "tasks_core.backends.django_tasks.DjangoTasksBackend"
OURS = "tasks_core.contrib.django_tasks.TasksBackend"
FRAMEWORK = next((each for each in ("django.tasks", "django_tasks") if find_spec(each)), None)
TASKS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": f"{FRAMEWORK}.backends.immediate.ImmediateBackend"},
    "dummy": {"BACKEND": f"{FRAMEWORK}.backends.dummy.DummyBackend", "QUEUES": []},
    "jobs": {"BACKEND": OURS, "QUEUES": []},
    "redis": {"BACKEND": OURS, "OPTIONS": {"backend": "redis"}},
    "queue": {
        "BACKEND": OURS,
        "QUEUES": ["default", "mail"],
        "OPTIONS": {"backend": "queue"},
    },
}


def has_framework() -> bool:
    return FRAMEWORK is not None


def tasks_of_django() -> Any:
    """Return the module of tasks that are declared with Django's decorator, or skip."""
    pytest.importorskip("tasks_core.compat", exc_type=ImportError)
    with override_settings(TASKS=TASKS):
        return import_module("tests.app.django_tasks")


def joined(**aliases: str) -> override_settings:
    """Let each name be a backend of JOBS that keeps its jobs in this alias of TASKS."""
    jobs = {
        name: {"BACKEND": BRIDGE, "OPTIONS": {"alias": alias}} for name, alias in aliases.items()
    }
    tasks = TASKS | (getattr(settings, "TASKS", None) or {})
    return override_settings(JOBS=settings.JOBS | jobs, TASKS=tasks)


@contextmanager
def tasks_db() -> Iterator[Any]:
    """
    Install django-tasks-db as "db" of TASKS and JOBS, with its table, and yield its model.

    Only for the tests that ask: no other has its app or its migrations.
    """
    known_by = {"id_function": "tasks_core.backends.django_tasks.job_id"}
    db = {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": [], "OPTIONS": known_by}
    installed = [*settings.INSTALLED_APPS, "django_tasks_db"]
    with override_settings(INSTALLED_APPS=installed, TASKS=TASKS | {"db": db}):
        from django_tasks_db.models import DBTaskResult

        with connections["default"].schema_editor() as editor:
            editor.create_model(DBTaskResult)
        try:
            with joined(db="db"):
                yield DBTaskResult
        finally:
            with connections["default"].schema_editor() as editor:
                editor.delete_model(DBTaskResult)
            _forget_in_admin(DBTaskResult._meta.app_label)


def _forget_in_admin(app: str) -> None:
    """Take out of the admin what an app that is no longer installed has put there."""
    for model in [each for each in admin.site._registry if each._meta.app_label == app]:
        admin.site.unregister(model)


def run_all_in_tasks_db() -> None:
    """Be the worker of django-tasks-db until nothing is left to do."""
    from django_tasks_db.management.commands.db_worker import Worker

    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="db",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    ).run()
