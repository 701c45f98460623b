"""What ``manage.py check`` says about jobs over HTTP."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from tasks_core import conf, registry
from tasks_core.backends import job_backends
from tasks_core.backends.served import ServedBackend
from tasks_core.checks.settings import TAG
from tasks_core.conf import did_you_mean
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidJobBackend

LIBRARIES = ("rest_framework", "pydantic")
OF_ONE_PROCESS = "django.core.cache.backends.locmem.LocMemCache"


@register(TAG)
def check_http(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E040 to E042, W040, W041, W043: libraries, what tasks declare, where requests are counted."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        return [
            Error(
                f"tasks_core.http needs {' and '.join(missing)}, not installed here.",
                hint="pip install django-tasks-core[http]",
                id="tasks_core.E040",
            )
        ]
    marked = [task for task in registry.declared().values() if task.http]
    return [*_cache(), *(message for task in marked for message in _task(task))]


def _cache() -> Iterator[CheckMessage]:
    if any(conf.problems(getattr(settings, "TASKS_CORE", None) or {})):
        return  # E004 says so
    alias = conf.get("HTTP_CACHE")
    backend = settings.CACHES.get(alias, {}).get("BACKEND")
    if backend == OF_ONE_PROCESS and not settings.DEBUG and _is_mounted():
        yield CheckWarning(
            f"Requests are counted in CACHES[{alias!r}], of which each process has its own: with "
            "four of them, four times as many requests are let through.",
            hint="Use a cache that they share, such as Redis or the database, or name another "
            'one with TASKS_CORE["HTTP_CACHE"].',
            id="tasks_core.W040",
        )


def _is_mounted() -> bool:
    try:
        reverse("tasks_core_http:jobs")
    except NoReverseMatch:
        return False
    return True


def _permission(name: str, permission: str) -> Iterator[CheckMessage]:
    label, _, codename = permission.partition(".")
    if label not in apps.app_configs:
        yield Error(
            f"{name} is declared with http={permission!r}, and no app has that label.",
            hint="Name a permission as has_perm() takes it: the label of an app, and a codename.",
            id="tasks_core.E042",
        )
        return
    known = [each for model in apps.get_app_config(label).get_models() for each in _declared(model)]
    if codename not in known:
        yield CheckWarning(
            f"{name} is declared with http={permission!r}, which no model of {label!r} declares: "
            "who is no superuser may not call it.",
            hint=f"Declare it in the permissions of a model.{did_you_mean(codename, known)} "
            "Silence this if you create it by hand, or a backend of your own knows it.",
            id="tasks_core.W043",
        )


def _declared(model: type[Model]) -> list[str]:
    """Return the permissions that Django makes for a model when it migrates."""
    usual = [get_permission_codename(act, model._meta) for act in model._meta.default_permissions]
    return [*usual, *(codename for codename, _name in model._meta.permissions)]


def _task(task: Task[Any, Any]) -> Iterator[CheckMessage]:
    from tasks_core.http import signatures

    if (why := signatures.why_not(task)) is not None:
        yield Error(
            f"{task.name} cannot be callable over HTTP: {why}",
            hint=why.cure,
            id="tasks_core.E041",
        )
    if isinstance(task.http, str):
        yield from _permission(task.name, task.http)
    try:
        backend = job_backends[task.backend]
    except InvalidJobBackend:
        return  # the check of JOBS says so
    if not isinstance(backend, ServedBackend):
        yield CheckWarning(
            f"{task.name} is declared with http=, but {backend} keeps no jobs that could be asked "
            "for over HTTP.",
            hint="Use DatabaseBackend or RedisBackend.",
            id="tasks_core.W041",
        )
