"""One entry, checked: every option of a schedule with its default and its message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from scheduler import conf
from scheduler.choices import CatchUp, Overlap, Source
from scheduler.due import zones
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidSchedule, InvalidTrigger
from scheduler.triggers import At, Cron, Every, Trigger
from tasks_core import registry
from tasks_core.calls import Call
from tasks_core.conf import DEFAULT_ALIAS, did_you_mean
from tasks_core.options import DEFAULT_QUEUE

TRIGGERS = ("cron", "every", "at", "trigger")
OPTIONS = (
    *("task", *TRIGGERS, "timezone", "args", "kwargs", "backend", "queue", "priority"),
    *("max_attempts", "catch_up", "catch_up_limit", "catch_up_window"),
    *("overlap", "overlap_timeout", "enabled"),
)
MAX_KEY = 255
MAX_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A schedule as declared; ``definition()`` is what its row is made of."""

    key: str
    task: str
    trigger: Trigger
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    backend: str = DEFAULT_ALIAS
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    max_attempts: int | None = None
    catch_up: str = conf.CATCH_UP
    catch_up_limit: int = conf.CATCH_UP_LIMIT
    catch_up_window: timedelta | None = None
    overlap: str = conf.OVERLAP
    overlap_timeout: timedelta = conf.OVERLAP_TIMEOUT
    enabled: bool = True
    source: str = Source.SETTINGS

    def definition(self) -> dict[str, Any]:
        """Return the columns of the schedule's row that this declaration decides."""
        zone = self.trigger.zone if isinstance(self.trigger, Cron) else ""
        return {
            **{name: getattr(self, name) for name in COPIED},
            "trigger": spec_of(self.trigger),
            "timezone": str(zone),
        }

    @property
    def definition_hash(self) -> str:
        """The same in every process, for the same definition; a switch is no part of it."""
        definition = {name: value for name, value in self.definition().items() if name != "enabled"}
        text = json.dumps(definition, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


COPIED = tuple(
    option.name for option in fields(Declaration) if option.name not in {"key", "trigger", "source"}
)


def declare(key: str, options: Mapping[str, Any], *, source: str) -> Declaration:
    """
    Return the declaration of one entry.

    Raises InvalidSchedule for an option, InvalidTrigger for a trigger and InvalidCall for a
    task, its arguments or options that a job could not have.
    """
    if not isinstance(options, Mapping):
        raise InvalidSchedule(f"An entry is a dict of options, not {type(options).__name__}.")
    for name in options:
        if name not in OPTIONS:
            raise InvalidSchedule(f"There is no option {name!r}.{did_you_mean(name, OPTIONS)}")
    if "task" not in options:
        raise InvalidSchedule("'task' is missing: the dotted path of the function to run.")
    task = registry.find(options["task"])
    call = _call(task, options)
    return Declaration(
        key=_key(key),
        task=task.name,
        trigger=_trigger(options),
        args=list(call.args),
        kwargs=dict(call.kwargs),
        backend=_backend(options.get("backend", task.backend)),
        queue=call.queue,
        priority=call.priority,
        max_attempts=call.max_attempts,
        source=source,
        **_policies(options),
    )


def _call(task: Any, options: Mapping[str, Any]) -> Call:
    stated = {**task.options, **{name: options[name] for name in options if name in JOB_OPTIONS}}
    wanted = {name: value for name, value in stated.items() if name in JOB_OPTIONS}
    return Call(task, options.get("args", ()), options.get("kwargs", {}), **wanted).checked()


JOB_OPTIONS = frozenset({"queue", "priority", "max_attempts"})


def _key(key: Any) -> str:
    if not isinstance(key, str) or not key.strip() or key != key.strip() or len(key) > MAX_KEY:
        raise InvalidSchedule(
            f"A key is text of 1 to {MAX_KEY} characters without space around it, not {key!r:.80}."
        )
    if not key.isprintable():
        raise InvalidSchedule(f"The key {key!r:.80} holds a character that cannot be shown.")
    return key


def _backend(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidSchedule(f"A backend is an alias in JOBS, not {value!r:.80}.")
    return value


def _trigger(options: Mapping[str, Any]) -> Trigger:
    given = [name for name in TRIGGERS if name in options]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        raise InvalidSchedule(f"Say exactly one of {', '.join(TRIGGERS)}; found {told}.")
    if "timezone" in options and given[0] not in {"cron", "at"}:
        raise InvalidSchedule(f"'timezone' belongs to 'cron' and 'at', not to '{given[0]}'.")
    value = options[given[0]]
    if given[0] == "cron":
        return Cron(value, timezone=options.get("timezone"))
    if given[0] == "every":
        return _every(value)
    if given[0] == "at":
        return _at(value, options.get("timezone"))
    if not (
        callable(getattr(value, "next_after", None)) and callable(getattr(value, "spec", None))
    ):
        raise InvalidTrigger(f"A trigger has next_after(moment) and spec(); {value!r:.80} has not.")
    spec_of(value)
    return value  # type: ignore[no-any-return]


def _at(value: Any, timezone: Any) -> At:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        example = "2026-12-24T18:00"
        told = f"'at' is a datetime or its ISO text, such as {example!r}, not {value!r:.80}."
        raise InvalidTrigger(told) from None
    if isinstance(moment, datetime) and moment.tzinfo is None and timezone is None:
        timezone = zones.default_zone()
    return At(moment, timezone)


def _every(value: Any) -> Every:
    if isinstance(value, bool) or not isinstance(value, (timedelta, int, float)):
        raise InvalidTrigger(f"'every' is a timedelta or seconds, not {value!r:.80}.")
    return Every(value) if isinstance(value, timedelta) else Every(seconds=value)


def _policies(options: Mapping[str, Any]) -> dict[str, Any]:
    checks = {
        "catch_up": lambda value: _choice("catch_up", value, CatchUp),
        "catch_up_limit": _limit,
        "catch_up_window": lambda value: None if value is None else _span("catch_up_window", value),
        "overlap": lambda value: _choice("overlap", value, Overlap),
        "overlap_timeout": lambda value: _span("overlap_timeout", value),
        "enabled": _flag,
    }
    return {name: check(options[name]) for name, check in checks.items() if name in options}


def _choice(name: str, value: Any, choices: type[CatchUp | Overlap]) -> str:
    if value in PLANNED:
        raise InvalidSchedule(
            f"{name}={value!r} is not there yet; use {', '.join(choices.values)}."
        )
    if value not in choices.values:
        raise InvalidSchedule(
            f"{name} cannot be {value!r:.80}.{did_you_mean(value, choices.values)}"
        )
    return str(value)


PLANNED = ("queue_one", "cancel_previous")


def _limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_LIMIT:
        raise InvalidSchedule(
            f"catch_up_limit is a whole number from 1 to {MAX_LIMIT}, not {value!r:.80}."
        )
    return value


def _span(name: str, value: Any) -> timedelta:
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise InvalidSchedule(f"{name} is a timedelta of at least 0, not {value!r:.80}.")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidSchedule(f"enabled is True or False, not {value!r:.80}.")
    return value
