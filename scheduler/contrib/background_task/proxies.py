"""What stands in the place of a decorated function: a task of ours whose call stores it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scheduler.contrib.background_task.exceptions import InvalidTaskError
from scheduler.contrib.background_task.settings import app_settings
from scheduler.contrib.background_task.when import TaskSchedule
from tasks_core.definition import Task as DeclaredTask

if TYPE_CHECKING:
    from scheduler.contrib.background_task.models import Task


@dataclass(eq=False)
class TaskProxy(DeclaredTask[..., Any]):
    """A declared background task. Calling it stores a task; ``now`` is the function itself."""

    schedule: TaskSchedule = field(default_factory=TaskSchedule)
    remove_existing_tasks: bool = False
    repeat_on_failure: bool = False

    def __post_init__(self) -> None:
        own = dict(vars(self))
        super().__post_init__()
        vars(self).update(own)  # an object that can be called may have names of ours

    @property
    def task_function(self) -> Callable[..., Any]:
        return self.func

    @property
    def now(self) -> Callable[..., Any]:
        return self.func

    @property
    def queue(self) -> str | None:
        return self.options.get("queue")

    def __call__(self, *args: Any, **kwargs: Any) -> Task | None:
        """
        Store a task and return it; None where ``action`` found one that exists.

        Taken out of the arguments: ``schedule``, ``priority``, ``queue``, ``verbose_name``,
        ``creator``, ``repeat``, ``repeat_until``, ``remove_existing_tasks``; and, of ours,
        ``repeat_on_failure``. Raises TypeError or InvalidCall for arguments that are no JSON.
        """
        from scheduler.contrib.background_task.storing import put

        schedule = TaskSchedule.create(kwargs.pop("schedule", None)).merge(self.schedule)
        options = {
            "run_at": None if schedule.is_now else schedule.run_at,
            "priority": kwargs.pop("priority", schedule.priority),
            "queue": kwargs.pop("queue", self.queue),
            "remove_existing_tasks": self.remove_existing_tasks,
            "repeat_on_failure": self.repeat_on_failure,
        }
        options |= {name: kwargs.pop(name) for name in CALL_OPTIONS if name in kwargs}
        return put(self.name, args, kwargs, action=schedule.action, **options)

    def __str__(self) -> str:
        return f"TaskProxy({self.name})"


CALL_OPTIONS = (
    *("verbose_name", "creator", "repeat", "repeat_until"),
    *("remove_existing_tasks", "repeat_on_failure"),
)


def backoff(attempt: int) -> float:
    """Return the seconds to wait after failed attempt number ``attempt``, from 1."""
    return attempt**4 + 5.0


def gives_up(attempt: int, error: BaseException) -> bool:
    """Say whether no attempt shall follow; ``MAX_ATTEMPTS`` may be lower than it was."""
    return isinstance(error, InvalidTaskError) or attempt >= app_settings.MAX_ATTEMPTS
