"""Schedule row -> the trigger, task and callables that it names, as far as we know them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Protocol

from scheduler import declarations
from scheduler.calendars import Calendar, calendar
from scheduler.choices import CalendarAction, Source
from scheduler.definitions.computed import Computed
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidTrigger, SchedulerError
from scheduler.triggers import Between, Moved, Trigger, as_trigger, from_spec
from scheduler.turn.due import Row
from tasks_core import Task, registry
from tasks_core.exceptions import UnknownTask


class NotOurs(SchedulerError):
    """A row was written by another release of the code; this process leaves it alone."""


def trigger_of(row: Row) -> Trigger:
    """
    Return what makes the row due: its trigger, moved by its calendar, within its bounds.

    Raises NotOurs for one that only some other release of the code can know.
    """
    return shaped(stated_trigger_of(row), row)


def shaped(trigger: Trigger, by: Shaping) -> Trigger:
    """Return ``trigger`` as the other columns of a row, or of a declaration, shape it."""
    if by.calendar_rules and by.calendar_action != CalendarAction.SKIP:
        trigger = Moved(trigger, _calendar(by.calendar_rules), by.calendar_action)
    if by.start_at is None and by.end_at is None:
        return trigger
    return Between(trigger, by.start_at, by.end_at)


class Shaping(Protocol):
    """What shapes a trigger from outside."""

    @property
    def calendar_rules(self) -> Any: ...

    @property
    def calendar_action(self) -> Any: ...

    @property
    def start_at(self) -> Any: ...

    @property
    def end_at(self) -> Any: ...


def stated_trigger_of(row: Row) -> Trigger:
    """Return the trigger with the row's spec: one of ours, or a declared one."""
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


def task_of(row: Row) -> Task[..., object]:
    """Return the row's task. Raises UnknownTask, or NotOurs when its declaration is not here."""
    try:
        return registry.resolve(row.task)
    except UnknownTask as error:
        if row.source == Source.DATABASE or _is_declared_here(row):
            raise
        raise NotOurs(str(error)) from error


def _is_declared_here(row: Row) -> bool:
    """Say whether our own declarations name the row's task, so that nobody else will know it."""
    return any(
        entry.key == row.key
        and isinstance(entry.options, Mapping)
        and entry.options.get("task") == row.task
        for entry in declarations.entries()
    )


def calendar_of(row: Row) -> Calendar:
    """Return the calendar as it was when the row was written."""
    return _calendar(row.calendar_rules)


@lru_cache(maxsize=1024)
def _calendar(rules: str) -> Calendar:
    return calendar(json.loads(rules))


def computed_of(row: Row, path: str) -> Computed:
    """
    Return the callable that the row knows by ``path``, of those that are declared here.

    Raises NotOurs if none is: nothing is imported because a row names it.
    """
    if path not in _computed:
        _computed.update(_declared_callables())
    if path not in _computed:
        raise NotOurs(f"{path!r:.200}, which it asks, is not declared here.")
    return _computed[path]


_computed: dict[str, Computed] = {}  # what was declared under a path once; a path means one thing


def _declared_callables() -> dict[str, Computed]:
    found: dict[str, Computed] = {}
    for declaration in declarations.read()[0].values():
        found |= declaration.computed
    return found


@lru_cache(maxsize=16_384)
def _ours(spec: str) -> Trigger:
    return from_spec(spec)


def _declared_triggers() -> list[Trigger]:
    entries = [each.options for each in declarations.entries() if isinstance(each.options, Mapping)]
    found = []
    for options in entries:
        with suppress(InvalidTrigger):  # what is no trigger; checks tell of it
            found.append(as_trigger(options.get("trigger")))
    return found
