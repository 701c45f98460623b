"""Schedule row -> the trigger and the task that it names, as far as this process knows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from scheduler import declarations
from scheduler.choices import Source
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidTrigger, SchedulerError
from scheduler.models import Schedule
from scheduler.triggers import Trigger, from_spec
from tasks_core import Task, registry
from tasks_core.exceptions import UnknownTask


class NotOurs(SchedulerError):
    """A row was written by another release of the code; this process leaves it alone."""


def trigger_of(row: Schedule) -> Trigger:
    """
    Return the trigger with the row's spec: one of ours, or a declared one.

    Raises NotOurs for one that only some other release of the code can know.
    """
    try:
        return _ours(row.trigger)
    except InvalidTrigger as error:
        for trigger in _declared_triggers():
            with suppress(InvalidTrigger):  # the trouble of another schedule; sync tells of it
                if spec_of(trigger) == row.trigger:
                    return trigger
        if row.source == Source.DATABASE:
            raise
        raise NotOurs(f"its trigger {row.trigger!r:.200} is not declared here.") from error


def task_of(row: Schedule) -> Task[..., object]:
    """Return the row's task. Raises UnknownTask, or NotOurs when its declaration is not here."""
    try:
        return registry.resolve(row.task)
    except UnknownTask as error:
        if row.source == Source.DATABASE:
            raise
        raise NotOurs(str(error)) from error


@lru_cache(maxsize=4096)
def _ours(spec: str) -> Trigger:
    return from_spec(spec)


def _declared_triggers() -> list[Trigger]:
    entries = [each.options for each in declarations.entries() if isinstance(each.options, Mapping)]
    given = (options.get("trigger") for options in entries)
    return [trigger for trigger in given if isinstance(trigger, Trigger)]
