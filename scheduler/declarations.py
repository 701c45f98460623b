"""SCHEDULE and @periodic -> declarations: what should be scheduled, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from traceback import walk_tb
from types import FunctionType
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions.entry import Declaration, declare
from scheduler.due.protocol import told
from scheduler.exceptions import InvalidSchedule
from tasks_core import Task, registry

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry is no declaration; with an empty key, why nobody knows which there are."""

    key: str
    where: str  # "SCHEDULE['nightly']" or "@periodic on shop.tasks.tidy"
    error: BaseException

    def __str__(self) -> str:
        ours = isinstance(self.error, (ImproperlyConfigured, ValueError))
        return f"{self.where}: {self.error if ours else told(self.error)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody wrote, not read yet: settings and tasks may not be ready at import time."""

    key: str
    where: str
    options: dict[str, Any]
    source: str


noted: list[Entry] = []


def periodic(
    cron: str | None = None, /, *, key: str | None = None, **options: Any
) -> Callable[[F], F]:
    """
    Declare that a function or task runs again and again; it stays what it was.

    ``@periodic("*/5 * * * *", key="feed", timezone="Europe/Paris", catch_up="latest")``, or one
    of ``every=timedelta(…)``, ``at=datetime``, ``trigger=…`` in place of the expression. Other
    options are those of a SCHEDULE entry. The key defaults to the function's dotted path; a
    second schedule of the same function needs a key of its own.
    """
    if callable(cron):
        raise InvalidSchedule(
            f"@periodic on {getattr(cron, '__name__', cron)} does not say when: "
            '@periodic("*/5 * * * *") or @periodic(every=timedelta(minutes=5)).'
        )
    if cron is not None:
        options["cron"] = cron

    def note(func: F) -> F:
        name = _path(func)
        if isinstance(func, FunctionType) and func.__qualname__.isidentifier():
            registry.declare(Task(func=func, name=name, is_plain=True))  # so that a worker lists it
        entry = Entry(
            key=name if key is None else key,
            where=f"@periodic on {name}",
            options={**options, "task": func},
            source=Source.CODE,
        )
        if not any(_same(entry, known) for known in noted):
            noted.append(entry)
        return func

    return note


def _path(func: Any) -> str:
    """Return the dotted path of a function, of a task of ours, or of one of django.tasks."""
    path = getattr(func, "module_path", None) or getattr(func, "name", None)
    return path or f"{func.__module__}.{func.__qualname__}"


def declared() -> dict[str, Declaration]:
    """Return every declaration by key; raise InvalidSchedule when one of them is wrong."""
    found, problems = read()
    if problems:
        raise InvalidSchedule(" ".join(map(str, problems)))
    return found


def read() -> tuple[dict[str, Declaration], list[Problem]]:
    """Return the declarations that are right, by key, and what is wrong with the others."""
    found: dict[str, Declaration] = {}
    where: dict[str, str] = {}
    written, problems = _gathered()
    for entry in written:
        try:
            declaration = _declared(entry, taken=where)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  it imports tasks and asks triggers
            problems.append(Problem(entry.key, entry.where, error))
        else:
            found[entry.key], where[entry.key] = declaration, entry.where
    problems += _still_declared(found, where)
    return found, problems


def _still_declared(found: dict[str, Declaration], where: dict[str, str]) -> list[Problem]:
    """Take out of ``found`` what would take the key of another one, and return why."""
    clashes = {
        key: former
        for key, declaration in found.items()
        for former in declaration.previous_keys
        if former in found
    }
    for key in clashes:
        del found[key]
    return [Problem(key, where[key], StillDeclared(former)) for key, former in clashes.items()]


def _declared(entry: Entry, *, taken: dict[str, str]) -> Declaration:
    if entry.key in taken:
        raise DuplicateKey(entry.key, taken[entry.key])
    return declare(entry.key, entry.options, source=entry.source)


def entries() -> list[Entry]:
    """Return what SCHEDULE and the ``tasks`` modules of the installed apps declare."""
    return _gathered()[0]


def _gathered() -> tuple[list[Entry], list[Problem]]:
    problems = []
    try:
        registry.autodiscover()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  modules at import, which may even exit
        problems.append(Problem("", f"While importing {_module_of(error)}", error))
    written = {}
    try:
        written = dict(conf.schedule())
    except ImproperlyConfigured as error:
        problems.append(Problem("", "The settings", error))
    entries = [
        Entry(key, f"SCHEDULE[{key!r}]", options, Source.SETTINGS)
        for key, options in written.items()
    ]
    return [*entries, *noted], problems


def _module_of(error: BaseException) -> str:
    """Return the name of the innermost module whose import raised ``error``."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    modules = [frame for frame in frames if frame.f_code.co_name == "<module>"]
    return str(modules[-1].f_globals.get("__name__")) if modules else "the tasks modules"


class DuplicateKey(InvalidSchedule):
    """Two declarations claim one key, so they would be one schedule."""

    def __init__(self, key: str, elsewhere: str) -> None:
        super().__init__(f"The key {key!r} is taken by {elsewhere}. Give this one its own key.")


class StillDeclared(InvalidSchedule):
    """A schedule was given another key, and yet is declared under the old one."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"previous_keys: {key!r} is still declared; what was renamed goes by one key."
        )


def _same(entry: Entry, known: Entry) -> bool:
    """Say whether a module that is imported anew declares what it declared before."""
    return (entry.key, entry.where) == (known.key, known.where) and (
        {**entry.options, "task": None} == {**known.options, "task": None}
    )
