"""Checks of TASKS, where it names our backend, and of what tasks declare."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from tasks_core import conf, registry
from tasks_core.backends import job_backends
from tasks_core.checks.settings import TAG
from tasks_core.exceptions import MissingExtra
from tasks_core.words import listed

HOME = "tasks_core.contrib.django_tasks"


@register(TAG)
def check_tasks(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E003, E010, E012, E013: our backend in TASKS cannot be what it is asked to be."""
    tasks = getattr(settings, "TASKS", None)
    if not isinstance(tasks, Mapping) or not isinstance(getattr(settings, "JOBS", {}), dict):
        return []  # E001 says that of JOBS
    return [
        message
        for alias, config in tasks.items()
        if isinstance(config, Mapping) and str(config.get("BACKEND")).startswith(HOME)
        for message in _backend(alias, config.get("OPTIONS") or {})
    ]


@register(TAG)
def check_backends_of_tasks(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E014: a task is declared with a backend that JOBS does not have."""
    if not isinstance(getattr(settings, "JOBS", None) or {}, dict):
        return []  # E001 says that
    known = {*job_backends, conf.DEFAULT_ALIAS}  # of the last, W001 says that it is missing
    unknown: dict[str, list[str]] = {}
    for name, task in registry.declared().items():
        if task.backend not in known and not _is_of_tests(name):
            unknown.setdefault(task.backend, []).append(name)
    return [
        Error(
            f"JOBS has no backend {alias!r}, which @task on {listed(names)} names.",
            hint=conf.did_you_mean(alias, job_backends).strip(),
            id="tasks_core.E014",
        )
        for alias, names in unknown.items()
    ]


def _is_of_tests(name: str) -> bool:
    # Django imports a suite before it runs the checks, and what that declares it sets JOBS for.
    *modules, _function = name.split(".")
    return any(part == "tests" or part.startswith("test_") for part in modules)


@register(TAG)
def check_http_app(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W042: tasks are declared to be callable over HTTP, and there is no such API."""
    marked = [name for name, task in registry.declared().items() if task.http]
    if not marked or apps.is_installed("tasks_core.http"):
        return []
    return [
        CheckWarning(
            f"{listed(marked)}: declared with http=, but tasks_core.http is not installed.",
            hint='Add "tasks_core.http" to INSTALLED_APPS, and its URLs; or leave out http=.',
            id="tasks_core.W042",
        )
    ]


def _backend(alias: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    where = f"TASKS[{alias!r}]"
    try:
        from tasks_core.backends.django_tasks import DjangoTasksBackend
    except MissingExtra as error:
        yield Error(f"{where}: {error}", hint=error.hint, id=error.check_id)
        return
    unknown = sorted(str(name) for name in options if name != "backend")
    if unknown:
        yield Error(
            f"{where}: unknown OPTIONS {', '.join(unknown)}.",
            hint='The only option is {"backend": "alias of JOBS"}.',
            id="tasks_core.E003",
        )
    name = options.get("backend", conf.DEFAULT_ALIAS)
    if name not in job_backends:
        known = ", ".join(job_backends)
        hint = f'Set "OPTIONS": {{"backend": …}} to one of JOBS: {known}.'
        yield Error(f"{where}: JOBS has no backend {name!r}.", hint=hint, id="tasks_core.E012")
        return
    try:
        backend = job_backends[name]
    except ImproperlyConfigured:
        return  # the check of JOBS says so
    if isinstance(backend, DjangoTasksBackend):
        yield Error(
            f"{where} keeps its tasks in {backend}, which keeps them in TASKS again.",
            hint=f"Let {where} be what TASKS[{backend.tasks_alias!r}] is.",
            id="tasks_core.E013",
        )
