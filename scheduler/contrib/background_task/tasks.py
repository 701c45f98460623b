"""``@background``, and what was declared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from scheduler.contrib.background_task.proxies import TaskProxy, backoff, gives_up
from scheduler.contrib.background_task.settings import app_settings
from scheduler.contrib.background_task.when import TaskSchedule
from tasks_core import registry
from tasks_core.exceptions import InvalidCall
from tasks_core.processes.foreground import run_ready

if TYPE_CHECKING:
    from scheduler.contrib.background_task.models import Task

__all__ = ["TaskProxy", "TaskSchedule", "Tasks", "autodiscover", "tasks"]

autodiscover = registry.autodiscover
APP = "scheduler.contrib.background_task"
AT_ONCE = 100  # schedules of one turn


class Tasks:
    """The background tasks that this process knows, by name."""

    def __init__(self) -> None:
        self._tasks: dict[str, TaskProxy] = {}

    def background(
        self,
        name: str | Callable[..., Any] | None = None,
        schedule: Any = None,
        queue: str | None = None,
        *,
        remove_existing_tasks: bool = False,
        repeat_on_failure: bool = False,
    ) -> Any:
        """
        Declare a callable as a task, under its dotted name or another: ``@background(name="a")``.

        ``schedule`` and ``queue`` are for calls that say none; ``repeat_on_failure`` lets the
        tasks that repeat go on after one that failed for good. A worker knows a task once the
        module that declares it is imported, as the ``tasks`` of each installed app are.
        """
        _require_app()
        function = name if callable(name) else None
        stated = name if isinstance(name, str) else None

        def declare(func: Callable[..., Any]) -> TaskProxy:
            proxy = TaskProxy(
                func=func,
                name=stated or _name_of(func),
                options=_options(queue),
                backend=app_settings.BACKGROUND_TASK_BACKEND,
                backoff=backoff,
                gives_up=gives_up,
                schedule=TaskSchedule.create(schedule),
                remove_existing_tasks=remove_existing_tasks,
                repeat_on_failure=repeat_on_failure,
            )
            registry.declare(proxy)
            self._tasks[proxy.name] = proxy
            return proxy

        return declare if function is None else declare(function)

    def __contains__(self, name: object) -> bool:
        return name in self._tasks

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def known(self, name: str) -> TaskProxy:
        """Return a declared task. Raises InvalidCall for another name."""
        if name not in self._tasks:
            raise InvalidCall(
                f"{name!r:.200} is not declared with @background in a module that is imported here."
            )
        return self._tasks[name]

    def run_task(
        self,
        task_name: Task | str,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Run a stored task if nobody does, or the function of a name, here and now."""
        from scheduler.contrib.background_task.storing import backend

        if isinstance(task_name, str):
            self.known(task_name).func(*args, **(kwargs or {}))
        elif task_name.job_id is not None:
            list(run_ready(backend(), ids=[task_name.job_id]))

    def run_next_task(self, queue: str | None = None) -> bool:
        """Run what comes first in this thread; say whether there was anything."""
        from scheduler.contrib.background_task.storing import backend
        from scheduler.turn.batches import materialise_due

        materialise_due(limit=AT_ONCE, recorded_by="run_next_task")
        runs = run_ready(backend(), queues=[queue] if queue else None)
        with closing(runs):  # type: ignore[type-var]  # it is a generator
            return next(runs, None) is not None


def _require_app() -> None:
    if apps.apps_ready and not apps.is_installed(APP):
        raise ImproperlyConfigured(f"@background needs the app: INSTALLED_APPS += [{APP!r}].")


def _name_of(func: Any) -> str:
    return f"{func.__module__}.{func.__name__}"


def _options(queue: str | None) -> dict[str, Any]:
    stated = {"queue": queue} if queue else {}
    return {
        **stated,
        "max_attempts": app_settings.MAX_ATTEMPTS,
        "timeout": app_settings.timeout,
    }


tasks = Tasks()
