"""One entry, checked: every option of a schedule with its default and its message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from scheduler import conf
from scheduler.calendars import named
from scheduler.choices import CalendarAction, Source
from scheduler.definitions import policies
from scheduler.definitions.computed import Computed, found, is_computed
from scheduler.definitions.hashes import hash_of
from scheduler.definitions.when import TRIGGERS, trigger_from
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidJob, InvalidSchedule, UnplacedTask
from scheduler.triggers import Trigger, zone_of
from tasks_core import Task, registry
from tasks_core.calls import Call
from tasks_core.conf import DEFAULT_ALIAS, did_you_mean
from tasks_core.exceptions import InvalidCall
from tasks_core.options import DEFAULT_QUEUE

OPTIONS = (
    *("task", *TRIGGERS, "timezone", "args", "kwargs", "backend", "queue", "priority"),
    *("max_attempts", *policies.CHECKS, "enabled", "previous_keys"),
)
COMPUTED = ("args", "kwargs", "enabled")
MAX_KEY = 255


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
    splay: timedelta = timedelta(0)
    start_at: datetime | None = None
    end_at: datetime | None = None
    max_runs: int | None = None
    calendar: str = ""
    calendar_action: str = CalendarAction.SKIP
    must_succeed_within: timedelta | None = None
    args_from: str = ""
    kwargs_from: str = ""
    enabled_if: str = ""
    enabled: bool = True
    source: str = Source.SETTINGS
    previous_keys: tuple[str, ...] = ()
    computed: Mapping[str, Computed] = field(default_factory=dict, compare=False)  # by path

    def definition(self) -> dict[str, Any]:
        """Return the columns of the schedule's row that this declaration decides."""
        return {**self._stated(), "calendar_rules": self.calendar_rules}

    def _stated(self) -> dict[str, Any]:
        zone = zone_of(self.trigger) or ""
        return {
            **{name: getattr(self, name) for name in COPIED},
            "trigger": spec_of(self.trigger),
            "timezone": str(zone),
        }

    @property
    def calendar_rules(self) -> str:
        """What the calendar says now; of one in the database, which is asked. InvalidSchedule."""
        return named(self.calendar).spec() if self.calendar else ""

    @property
    def definition_hash(self) -> str:
        """Of what was written here: the content of a calendar changes without a deploy."""
        return hash_of(self._stated())


COPIED = tuple(
    option.name
    for option in fields(Declaration)
    if option.name not in {"key", "trigger", "source", "previous_keys", "computed"}
)


def declare(key: str, options: Mapping[str, Any], *, source: str) -> Declaration:
    """
    Return the declaration of one entry.

    Raises InvalidSchedule for an option, InvalidTrigger for a trigger, InvalidCall for a task,
    InvalidJob, which is one too, for arguments or options that a job could not have, and
    UnplacedTask for a task of django.tasks whose backend no backend of JOBS is joined to.
    """
    if not isinstance(options, Mapping):
        raise InvalidSchedule(f"An entry is a dict of options, not {type(options).__name__}.")
    for name in options:
        if name not in OPTIONS:
            raise InvalidSchedule(f"There is no option {name!r}.{did_you_mean(name, OPTIONS)}")
    if "task" not in options:
        raise InvalidSchedule("'task' is missing: the dotted path of the function to run.")
    task = registry.find(options["task"])
    computed = {name: _computed(name, options[name]) for name in COMPUTED if _is(name, options)}
    call = _call(task, {name: value for name, value in options.items() if name not in computed})
    return Declaration(
        key=_key(key),
        task=task.name,
        trigger=trigger_from(options),
        args=list(call.args),
        kwargs=dict(call.kwargs),
        backend=_backend(options, task),
        queue=call.queue,
        priority=call.priority,
        max_attempts=call.max_attempts,
        enabled="enabled" in computed or _flag(options.get("enabled", True)),
        source=source,
        previous_keys=_previous(key, options.get("previous_keys", ())),
        computed=dict(computed.values()),
        **_paths(computed),
        **policies.checked(options),
    )


COLUMN = {"args": "args_from", "kwargs": "kwargs_from", "enabled": "enabled_if"}


def _paths(computed: Mapping[str, tuple[str, Computed]]) -> dict[str, Any]:
    return {COLUMN[name]: path for name, (path, _) in computed.items()}


def _is(name: str, options: Mapping[str, Any]) -> bool:
    return name in options and is_computed(options[name])


def _computed(name: str, value: Any) -> tuple[str, Computed]:
    path, func = found(name, value)
    if len(path) > MAX_KEY:
        raise InvalidSchedule(f"{name}: the path of {path!r:.80} exceeds {MAX_KEY} characters.")
    return path, func


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidSchedule(
            f"enabled is True, False, or a function that returns one, not {value!r:.80}."
        )
    return value


def _previous(key: Any, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise InvalidSchedule(f"previous_keys is a list of keys, not {value!r:.80}.")
    if key in value:
        raise InvalidSchedule(f"previous_keys are former keys; {key!r:.80} is the present one.")
    return tuple(map(_key, value))


def _call(task: Any, options: Mapping[str, Any]) -> Call:
    stated = {**task.options, **{name: options[name] for name in options if name in JOB_OPTIONS}}
    wanted = {name: value for name, value in stated.items() if name in JOB_OPTIONS}
    try:
        return Call(task, options.get("args", ()), options.get("kwargs", {}), **wanted).checked()
    except InvalidCall as error:
        raise InvalidJob(str(error)) from error


JOB_OPTIONS = frozenset({"queue", "priority", "max_attempts"})


def _key(key: Any) -> str:
    if not isinstance(key, str) or not key.strip() or key != key.strip() or len(key) > MAX_KEY:
        raise InvalidSchedule(
            f"A key is text of 1 to {MAX_KEY} characters without space around it, not {key!r:.80}."
        )
    if not key.isprintable():
        raise InvalidSchedule(f"The key {key!r:.80} holds a character that cannot be shown.")
    return key


def _backend(options: Mapping[str, Any], task: Task[Any, Any]) -> str:
    if "backend" not in options and task.unplaced:
        raise UnplacedTask(f"{task.name}: {task.unplaced}")
    value = options.get("backend", task.backend)
    if not isinstance(value, str):
        raise InvalidSchedule(f"A backend is an alias in JOBS, not {value!r:.80}.")
    return value
