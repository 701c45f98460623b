"""
A schedule of the database as plain data: the options of a SCHEDULE entry, none of them code.

Spans may be seconds, instants ISO text and a trigger its spec, so that an entry can be JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from scheduler.choices import Source
from scheduler.definitions.computed import is_computed
from scheduler.definitions.entry import COMPUTED, COPIED, OPTIONS, Declaration, declare
from scheduler.definitions.fit import refuse_unfit
from scheduler.definitions.hashes import as_json
from scheduler.definitions.trial import try_job
from scheduler.definitions.when import TRIGGERS
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidSchedule, InvalidTrigger
from scheduler.models import Schedule
from scheduler.triggers import EPOCH, At, Cron, Every, Trigger, from_spec
from tasks_core import Task, registry
from tasks_core.conf import did_you_mean
from tasks_core.exceptions import UnknownTask

SPANS = frozenset({"catch_up_window", "overlap_timeout", "splay", "must_succeed_within"})
WHEN = frozenset({*TRIGGERS, "timezone"})
# Stated also where they are the defaults: a task may declare others.
STATED = ("backend", "queue", "priority", "max_attempts")
DEFAULTS = {each.name: each.default for each in fields(Declaration)} | {"args": [], "kwargs": {}}


def in_database(key: str, options: Mapping[str, Any]) -> Declaration:
    """
    Return the declaration of a schedule that is to be kept in the database.

    Raises InvalidSchedule, InvalidTrigger or InvalidCall, with a sentence for each option that
    cannot be data, and for what its first job would be refused for.
    """
    told = {name: _read(name, value) for name, value in options.items()}
    declaration = declare(key, told, source=Source.DATABASE)
    as_data(declaration.trigger)
    refuse_unfit(declaration.backend)
    try_job(declaration)
    return declaration


def as_data(trigger: Trigger) -> Trigger:
    """Return ``trigger`` if a row can keep it: its spec is all that is stored."""
    spec = spec_of(trigger)
    try:
        from_spec(spec)
    except InvalidTrigger as error:
        raise InvalidTrigger(
            f"A row keeps the spec of a trigger, and {spec!r:.80} makes none of ours. Declare "
            "this schedule in SCHEDULE or with @periodic."
        ) from error
    return trigger


def options_of(row: Schedule) -> dict[str, Any]:
    """Return the entry that would make such a row, as JSON can hold it."""
    told = as_json({name: getattr(row, name) for name in COPIED if name in OPTIONS})
    default = as_json({name: DEFAULTS.get(name) for name in told})
    changed = {
        name: value for name, value in told.items() if name in STATED or value != default[name]
    }
    return {"task": row.task, **when_of(row.trigger), **changed}


def when_of(spec: str) -> dict[str, Any]:
    """Return the options that say when; a spec that nobody can read stays what it is."""
    try:
        trigger = from_spec(spec)
    except InvalidTrigger:
        return {"trigger": spec}
    if isinstance(trigger, Cron):
        return {"cron": trigger.expression, "timezone": trigger.zone.key}
    if isinstance(trigger, Every) and trigger.anchor == EPOCH:
        return {"every": trigger.interval.total_seconds()}
    if isinstance(trigger, At):
        return {"at": trigger.moment.isoformat()}
    return {"trigger": spec}


def _read(name: str, value: Any) -> Any:
    if name == "previous_keys":
        raise InvalidSchedule("previous_keys belong to declarations in code; create anew instead.")
    if name in COMPUTED and is_computed(value):
        raise InvalidSchedule(
            f"{name} of a schedule in the database is data, not a function. Declare this "
            "schedule in SCHEDULE or with @periodic to have it computed."
        )
    if name == "task" and isinstance(value, str):
        return _task(value)
    if name in SPANS and isinstance(value, (int, float)) and not isinstance(value, bool):
        return timedelta(seconds=value)
    return from_spec(value) if name == "trigger" and isinstance(value, str) else value


def _task(name: str) -> Task[..., Any]:
    try:
        return registry.resolve(name)  # which imports nothing that may not run
    except UnknownTask as error:
        meant = did_you_mean(name, registry.declared())
        raise InvalidSchedule(f"task: {error}{meant}") from error
