"""Checks of the settings alone: no database, no server is asked."""

from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from tasks_core import conf
from tasks_core.backends import job_backends
from tasks_core.exceptions import InvalidJobBackend

TAG = "jobs"


@register(TAG)
def check_backends(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001: a backend of JOBS cannot be built. Otherwise what the backend says of itself."""
    jobs = getattr(settings, "JOBS", None)
    if jobs is not None and not isinstance(jobs, dict):
        return [
            Error(
                f"JOBS must be a dict, not {type(jobs).__name__}.",
                hint='JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}',
                id="tasks_core.E001",
            )
        ]
    return [message for alias in job_backends for message in _backend(alias)]


def _backend(alias: str) -> Iterator[CheckMessage]:
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        yield Error(
            str(error),
            hint="Set BACKEND to the dotted path of a BaseJobBackend subclass.",
            id="tasks_core.E001",
        )
    else:
        yield from backend.check()


@register(TAG)
def check_default_alias(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W001: JOBS has aliases but none is called "default"."""
    jobs = getattr(settings, "JOBS", None) or {}
    if not isinstance(jobs, dict) or conf.DEFAULT_ALIAS in conf.jobs():
        return []
    return [
        CheckWarning(
            'JOBS has no backend "default": background.enqueue() will fail without on(alias).',
            hint='Name one of the aliases "default".',
            id="tasks_core.W001",
        )
    ]


@register(TAG)
def check_tuning(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E004: TASKS_CORE has an unknown key or a value of the wrong type."""
    try:
        values = conf.configured()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See docs/reference/settings.", id="tasks_core.E004")]
    return [
        Error(
            f"TASKS_CORE[{name!r}] must be a {type(conf.DEFAULTS[name]).__name__}, not {value!r}.",
            hint=f"The default is {conf.DEFAULTS[name]!r}; a duration may be given in seconds.",
            id="tasks_core.E004",
        )
        for name, value in values.items()
        if not _fits(value, conf.DEFAULTS[name])
    ]


def _fits(value: Any, default: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(default, timedelta):
        return isinstance(value, timedelta | int | float)
    return isinstance(value, type(default))


@register(TAG)
def check_time_zones(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E005: without USE_TZ, stored times would be local and jump twice a year."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is False: the times of jobs would be local, and ambiguous when clocks go back.",
            hint="Set USE_TZ = True.",
            id="tasks_core.E005",
        )
    ]


@register(TAG)
def check_companion(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W002: SCHEDULE is set without its app. W003: another package has taken the app's name."""
    if not getattr(settings, "SCHEDULE", None) or apps.is_installed("scheduler"):
        return []
    return [
        CheckWarning(
            "SCHEDULE is set, but nothing reads it.",
            hint='Scheduling is its own opt-in: add "scheduler" to INSTALLED_APPS and migrate.',
            id="tasks_core.W002",
        ),
        *_foreign_companion(),
    ]


def _foreign_companion() -> list[CheckMessage]:
    found = find_spec("scheduler")
    if found is None or find_spec("scheduler.materialise") is not None:
        return []
    return [
        CheckWarning(
            f"The package 'scheduler' at {found.origin} is not the one of django-tasks-core.",
            hint="Another distribution installs a package of that name; uninstall it.",
            id="tasks_core.W003",
        )
    ]
