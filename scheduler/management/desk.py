"""What every verb of ``manage.py schedules`` has at hand: how to answer, and who asks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Protocol

from django.core.management.base import OutputWrapper

from scheduler import conf
from tasks_core import clock
from tasks_core.management import arguments
from tasks_core.management.people import os_user
from tasks_core.presentation import as_json, as_table


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where the answer goes, as words or as JSON; whose name is noted, and what time it is."""

    as_json: bool
    out: OutputWrapper
    err: OutputWrapper

    @property
    def by(self) -> str:
        return f"cli: {os_user()}"

    @property
    def database(self) -> str:
        return conf.database()

    @cached_property
    def now(self) -> datetime:
        """The database's time when it was first asked for: one reading for one answer."""
        return clock.db_now(self.database)

    def say(self, value: Any, text: str) -> None:
        """Answer a script with ``value``, a person with ``text``."""
        self.out.write(as_json(value) if self.as_json else text)

    def tell(self, text: str) -> None:
        """Say something beside the answer, to people only."""
        if not self.as_json:
            self.err.write(text)

    def show(
        self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, nothing: str
    ) -> None:
        """Answer with these columns of ``rows`` as a table, or with all of them as JSON."""
        rows = list(rows)
        cells = [["" if row[name] is None else row[name] for name in columns] for row in rows]
        self.say(rows, as_table(cells, columns) if rows else nothing)


class Verb(Protocol):
    """Does what the parsed arguments say, and returns the exit code of the command."""

    def __call__(self, desk: Desk, options: Namespace) -> int: ...


class AddVerb(Protocol):
    """Adds a verb to the command and returns its parser."""

    def __call__(
        self, verbs: Any, name: str, words: str, *, do: Verb, examples: str = ""
    ) -> ArgumentParser: ...


add_verb: AddVerb = partial(arguments.verb_parser, of_backend=False)
