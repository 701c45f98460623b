"""The tasks of a batch of schedules, each looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduler.turn.due import Row
from scheduler.turn.rebuild import task_of
from tasks_core import Task


@dataclass(frozen=True, slots=True)
class Bare:
    """A task without its own options: the row decides, also where it says what is the default."""

    task: Task[..., Any]
    declared: Mapping[str, Any]  # what else it declares counts: a timeout, a rate

    @classmethod
    def of(cls, task: Task[..., Any]) -> Bare:
        # But an occurrence has an identity of its own: a key would make it share another's job.
        declared = {name: value for name, value in task.options.items() if name != "key"}
        return cls(replace(task, options={}, when=None), declared)


class Tasks:
    """Many schedules run few tasks."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Bare] = {}

    def of(self, row: Row) -> Bare:
        """Return the row's task. Raises UnknownTask or NotOurs."""
        name = (row.task, row.source)
        if name not in self._known:
            self._known[name] = Bare.of(task_of(row))
        return self._known[name]
