"""Where schedules are read: the object that was named, a file, a zone, names that changed."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.due.protocol import told
from scheduler.exceptions import OperationRefused, SchedulerError
from scheduler.importing.readings import Untranslatable
from tasks_core.words import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the command was told about the other package."""

    now: datetime
    app: str = ""  # "proj.celery:app"
    path: Path | None = None
    zone: ZoneInfo | None = None  # of the machine, where the source does not say
    has_users: bool = False  # of a crontab: a column says who runs it
    database: str = "default"
    renamed: Mapping[str, str] = field(default_factory=dict)  # tasks

    def here(self, task: str) -> str:
        """Return what a task of theirs is called here."""
        return self.renamed.get(task, task)

    @property
    def local_zone(self) -> ZoneInfo:
        return self.zone or zones.default_zone()

    @property
    def told_zone(self) -> str:
        """Say which zone stands for that of the machine, and why."""
        why = (
            "as --timezone says" if self.zone else "the TIME_ZONE setting; --timezone names another"
        )
        return f"{self.local_zone.key} ({why})"

    def object(self, example: str, *, kind: str, has: str) -> Any:
        """
        Return the object that --app names, or that a function of this name returns.

        Raises OperationRefused with a sentence, whatever happens, also for one without ``has``,
        which every ``kind`` has.
        """
        module_name, colon, attribute = self.app.partition(":")
        if not colon or not attribute:
            said = f", not {self.app!r}" if self.app else ""
            raise OperationRefused(f"--app names a module and an object{said}: --app {example}")
        if str(Path.cwd()) not in sys.path:  # where a `celery -A` or `huey_consumer` finds it
            sys.path.append(str(Path.cwd()))
        with asking(f"--app {self.app} cannot be imported", cure=INSTALL):
            found: Any = _module(module_name)
            for name in attribute.split("."):
                found = getattr(found, name, None)
        if found is None:
            raise OperationRefused(f"--app {self.app} cannot be found: {module_name} has none.")
        # A function that builds or starts it: one scheduler must be told to read its job stores.
        if inspect.isfunction(found):
            found = self._made_by(found)
        with asking(f"--app {self.app} cannot be used"):
            is_one = hasattr(found, has)
        if not is_one:
            raise OperationRefused(
                f"--app {self.app} is {kind_of(found)}, and not {kind}. Name one, or a function "
                f"that returns it: --app {example}"
            )
        return found

    def _made_by(self, function: Callable[..., Any]) -> Any:
        try:
            inspect.signature(function).bind()
        except TypeError as error:
            raise OperationRefused(
                f"--app {self.app} is a function that wants arguments ({error}). Name one that "
                "wants none, and returns the object."
            ) from error
        with asking(f"--app {self.app} cannot be called"):
            return function()

    def text(self) -> str:
        """Return the file. Raises OperationRefused if none was named, or it cannot be read."""
        if self.path is None:
            raise OperationRefused("Name the file to read, or - for standard input.")
        try:
            return sys.stdin.read() if str(self.path) == "-" else self.path.read_text()
        except (OSError, ValueError) as error:
            raise OperationRefused(f"{self.path} cannot be read: {error}") from error


INSTALL = "Install here, too, what it needs, and see that it can be imported in a shell."


@contextmanager
def asking(what: str, *, cure: str = "") -> Iterator[None]:
    """Tell in a sentence that begins with ``what`` whatever other people's code raises."""
    try:
        yield
    except SchedulerError:
        raise
    except (Exception, SystemExit) as error:
        words = f"{what}: {told(error)}".rstrip(".")
        raise OperationRefused(f"{words}. {cure or '--traceback shows where.'}") from error


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise OperationRefused(
            f"--app {name} cannot be found: {error}. It is the name that Python imports, seen from "
            f"{Path.cwd()}."
        ) from error


def zone_of(tz: Any) -> ZoneInfo:
    """Return the zone that a tzinfo means. Raises Untranslatable for one that is no place."""
    key = getattr(tz, "key", None) or getattr(tz, "zone", None)  # zoneinfo, pytz
    name = str(tz if key is None else key)
    if name not in zones.known_zones():
        raise Untranslatable(
            f"Its time zone, {name}, has no IANA name. Name a place there, such as Europe/Paris, "
            "and the clocks of the place are meant."
        )
    return zones.zone(name)
