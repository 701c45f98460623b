"""What there is to choose from: tasks, queues, backends, calendars, time zones."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.dashboard.health import alive_processes
from scheduler.dashboard.jobs import job_database
from scheduler.definitions.fit import why_it_cannot_schedule
from scheduler.due import zones
from scheduler.exceptions import SchedulerError
from scheduler.models import Calendar, Schedule
from tasks_core import Task, clock, job_backends, registry
from tasks_core.backends.database.questions import indexed
from tasks_core.exceptions import JobError, UnknownTask
from tasks_core.options import DEFAULT_QUEUE

LONGEST = 120  # characters of a signature
MOST = 200  # queues of schedules
OTHER = "other,"  # no queue has a comma in its name

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A function that may run: how it is called, and what it says of itself."""

    name: str
    signature: str
    about: str

    @classmethod
    def of(cls, task: Task[..., Any]) -> KnownTask:
        lines = (inspect.getdoc(task.func) or "").splitlines()
        return cls(task.name, _signature(task), lines[0] if lines else "")

    @property
    def call(self) -> str:
        return f"{self.name.rpartition('.')[2]}{self.signature}"


def tasks(*, beside: str = "") -> list[KnownTask]:
    """Return the tasks that a schedule may run; ``beside`` is one that may lie elsewhere."""
    with suppress(Exception):  # a module that cannot be imported: its own tasks are missing
        registry.autodiscover()
    found = {**{task.name: task for task in _plain()}, **registry.declared()}
    if beside and beside not in found:
        with suppress(UnknownTask):
            found[beside] = registry.resolve(beside)
    return [KnownTask.of(found[name]) for name in sorted(found)]


def task_pairs(*, beside: str = "") -> Pairs:
    return [(task.name, f"{task.name}{task.signature}") for task in tasks(beside=beside)]


def known_task(name: str) -> KnownTask | None:
    with suppress(UnknownTask):
        return KnownTask.of(registry.resolve(name))
    return None


def _plain() -> Iterator[Task[..., Any]]:
    """Yield the functions of every app's ``tasks`` module that may run without a declaration."""
    for app in apps.get_app_configs():
        module = sys.modules.get(f"{app.name}.tasks")
        if module is None or not registry.may_run_from(module.__name__):
            continue
        for name, value in vars(module).items():
            is_own = isinstance(value, FunctionType) and value.__module__ == module.__name__
            if is_own and not name.startswith("_"):
                with suppress(JobError):
                    yield registry.find(value)


def _signature(task: Task[..., Any]) -> str:
    try:
        found = inspect.signature(task.func)
    except (TypeError, ValueError):
        return "(…)"
    bare = [each.replace(annotation=each.empty) for each in found.parameters.values()]
    if task.takes_context:
        bare = bare[1:]  # the worker gives it
    text = str(found.replace(parameters=bare, return_annotation=found.empty))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def queues() -> dict[str, bool]:
    """Return the queues that are in use, by name, and whether a live worker serves each."""
    alive = [process.queues for process in _workers()]
    used = Schedule.objects.using(conf.database()).order_by("queue")
    names = set(used.values_list("queue", flat=True).distinct()[:MOST])
    names |= {DEFAULT_QUEUE, *indexed.queue_names(job_database())}
    names |= {task.options.get("queue", DEFAULT_QUEUE) for task in registry.declared().values()}
    names |= {name for served in alive for name in served}
    return {name: is_served(name, alive) for name in sorted(names)}


def queue_pairs() -> Pairs:
    known = [
        (name, name if served else _("%s (no live worker serves it)") % name)
        for name, served in queues().items()
    ]
    return [*known, (OTHER, _("Another queue …"))]


def is_served(name: str, alive: list[list[str]] | None = None) -> bool:
    """Say whether a live worker takes jobs from the queue; one without queues serves all."""
    if alive is None:
        alive = [process.queues for process in _workers()]
    return any(not served or name in served for served in alive)


def _workers() -> list[Any]:
    alias = job_database()
    return list(alive_processes("worker", alias, clock.db_now(alias)))


def backend_pairs() -> Pairs:
    """Return the backends in JOBS that can keep a schedule's jobs."""
    found = []
    for alias in job_backends:
        with suppress(ImproperlyConfigured):
            backend = job_backends[alias]
            if not why_it_cannot_schedule(backend):
                found.append((alias, f"{alias} ({type(backend).__name__})"))
    return found


def calendar_pairs() -> Pairs:
    """Return the calendars of the setting and of the database; of one name, the setting's."""
    kept = Calendar.objects.using(conf.database()).values_list("name", flat=True)
    with suppress(ImproperlyConfigured, SchedulerError):
        return [(name, name) for name in sorted({*conf.calendars(), *kept})]
    return []


def zone_names() -> list[str]:
    return sorted(zones.known_zones())
