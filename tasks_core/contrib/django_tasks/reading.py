"""A task of Django's -> ours, wherever one is given to us."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from tasks_core import compat, conf, registry
from tasks_core.backends import job_backends
from tasks_core.contrib.django_tasks import results
from tasks_core.contrib.django_tasks.backend import TasksBackend
from tasks_core.contrib.django_tasks.declared import options_of
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidJobBackend


def read(foreign: compat.AnyTask) -> Task[Any, Any]:
    """Return our task with what ``foreign`` says of queue, priority, time and backend."""
    place = place_of(foreign.backend)
    return Task(
        func=foreign.func,
        name=registry.path_of(foreign.func),
        options={
            "priority": foreign.priority,
            "queue": foreign.queue_name,
            **options_of(foreign),
        },
        backend=conf.DEFAULT_ALIAS if place is None else place,
        backoff=getattr(foreign, "backoff", None),
        takes_context=foreign.takes_context,
        when=foreign.run_after,
        is_plain=True,
        foreign=foreign,
        context_of=partial(results.context, foreign),
        unplaced="" if place is not None else _unplaced(foreign.backend),
    )


def place_of(alias: str) -> str | None:
    """Return the alias in JOBS of where TASKS[alias] keeps its jobs, if there is one."""
    from tasks_core.backends.django_tasks import DjangoTasksBackend

    try:
        tasks = compat.task_backends[alias]
    except ImproperlyConfigured:
        return None
    if isinstance(tasks, TasksBackend):
        return tasks.jobs_alias
    for name in job_backends:
        try:
            backend = job_backends[name]
        except InvalidJobBackend:
            continue  # a check says so
        if isinstance(backend, DjangoTasksBackend) and backend.tasks_alias == alias:
            return name
    return None


def _unplaced(alias: str) -> str:
    return (
        f"its backend is {alias!r} of TASKS, which is joined to no backend of JOBS. Set "
        f'TASKS[{alias!r}] to "tasks_core.contrib.django_tasks.TasksBackend", or give JOBS a '
        '"tasks_core.backends.django_tasks.DjangoTasksBackend" with '
        f'"OPTIONS": {{"alias": {alias!r}}}, or say which backend of JOBS is meant.'
    )
