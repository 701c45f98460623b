"""SCHEDULE and @periodic -> declarations: what should be scheduled, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeVar

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions.entry import Declaration, declare
from scheduler.exceptions import InvalidSchedule, SchedulerError
from tasks_core import Task, registry

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry is no declaration."""

    key: str
    where: str  # "SCHEDULE['nightly']" or "@periodic on shop.tasks.tidy"
    error: Exception


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
    if cron is not None:
        options["cron"] = cron

    def note(func: F) -> F:
        name = getattr(func, "name", None) or f"{func.__module__}.{func.__qualname__}"
        if isinstance(func, FunctionType) and func.__qualname__.isidentifier():
            registry.declare(Task(func=func, name=name))  # so that a worker lists it
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


def declared() -> dict[str, Declaration]:
    """Return every declaration by key; raise InvalidSchedule when one of them is wrong."""
    found, problems = read()
    if problems:
        raise InvalidSchedule(" ".join(f"{each.where}: {each.error}" for each in problems))
    return found


def read() -> tuple[dict[str, Declaration], list[Problem]]:
    """Return the declarations that are right, by key, and what is wrong with the others."""
    found: dict[str, Declaration] = {}
    where: dict[str, str] = {}
    problems: list[Problem] = []
    for entry in entries():
        try:
            if entry.key in found:
                raise DuplicateKey(entry.key, where[entry.key])
            declaration = declare(entry.key, entry.options, source=entry.source)
        except (SchedulerError, ValueError) as error:
            problems.append(Problem(entry.key, entry.where, error))
        else:
            found[entry.key], where[entry.key] = declaration, entry.where
    return found, problems


def entries() -> Iterator[Entry]:
    """Yield what SCHEDULE and the ``tasks`` modules of the installed apps declare."""
    registry.autodiscover()
    for key, options in conf.schedule().items():
        yield Entry(key, f"SCHEDULE[{key!r}]", options, Source.SETTINGS)
    yield from noted


class DuplicateKey(InvalidSchedule):
    """Two declarations claim one key, so they would be one schedule."""

    def __init__(self, key: str, elsewhere: str) -> None:
        super().__init__(f"The key {key!r} is taken by {elsewhere}. Give this one its own key.")


def _same(entry: Entry, known: Entry) -> bool:
    """Say whether a module that is imported anew declares what it declared before."""
    return (entry.key, entry.where) == (known.key, known.where) and (
        {**entry.options, "task": None} == {**known.options, "task": None}
    )
