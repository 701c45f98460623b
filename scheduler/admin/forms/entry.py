"""What was filled in, as the options of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler import conf
from scheduler.admin.forms.choices import OTHER
from scheduler.calendars import named
from scheduler.choices import CalendarAction
from scheduler.definitions import policies
from scheduler.exceptions import SchedulerError
from tasks_core import Task
from tasks_core.options import DEFAULT_QUEUE

# The fields that have the name of an option, and what it is when they are empty.
USUAL: dict[str, Any] = {
    "args": [],
    "kwargs": {},
    "catch_up": conf.CATCH_UP,
    "catch_up_limit": conf.CATCH_UP_LIMIT,
    "catch_up_window": None,
    "overlap": conf.OVERLAP,
    "overlap_timeout": conf.OVERLAP_TIMEOUT,
    "splay": timedelta(0),
    "start_at": None,
    "end_at": None,
    "max_runs": None,
    "must_succeed_within": None,
    "calendar": "",
    "calendar_action": CalendarAction.SKIP,
    "enabled": False,
}
OF_TASK = ("queue", "backend", "priority", "max_attempts")
FIELDS = (*USUAL, *OF_TASK, "task")


def stated(said: Mapping[str, Any], task: Task[..., Any]) -> dict[str, Any]:
    """Return the options that do not say when; an empty one is as the task says, or as usual."""
    found = {
        name: usual if said.get(name) in (None, "") else said[name] for name, usual in USUAL.items()
    }
    if not found["calendar"]:
        del found["calendar_action"]
    queue = queue_of(said, task)
    priority = said.get("priority")
    return {
        **found,
        "task": task.name,
        "queue": queue,
        "backend": said.get("backend") or task.backend,
        "priority": task.options.get("priority", 0) if priority is None else priority,
        "max_attempts": said.get("max_attempts") or task.options.get("max_attempts"),
    }


def queue_of(said: Mapping[str, Any], task: Task[..., Any] | None) -> str:
    """Return the queue that was chosen, or named anew; or the one that the task declares."""
    declared = task.options.get("queue", DEFAULT_QUEUE) if task else DEFAULT_QUEUE
    wanted = said.get("new_queue") if said.get("queue") == OTHER else said.get("queue")
    return str(wanted or declared)


def changed(options: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Return those of the options whose fields have changed."""
    if "new_queue" in names:
        names = {*names, "queue"}
    if {"calendar", "calendar_action"} & names:
        names = {*names, "calendar", "calendar_action"}
    return {name: value for name, value in options.items() if name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What moves and bounds the due times of a trigger."""

    calendar: str = ""
    calendar_rules: str = ""
    calendar_action: str = CalendarAction.SKIP
    start_at: datetime | None = None
    end_at: datetime | None = None
    splay: timedelta = timedelta(0)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Shape:
        """Return what was filled in, as far as it is right."""
        found: dict[str, Any] = {}
        for name in ("calendar", "calendar_action", "start_at", "end_at", "splay"):
            if said.get(name):
                with suppress(SchedulerError):
                    found[name] = policies.CHECKS[name](name, said[name])
        if "calendar" in found:
            with suppress(SchedulerError):
                found["calendar_rules"] = named(found["calendar"]).spec()
        return cls(**found)
