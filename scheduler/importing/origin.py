"""Where schedules are read: the object that was named, a file, a zone, names that changed."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.exceptions import OperationRefused
from scheduler.importing.readings import Untranslatable


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

    def task(self, name: str) -> str:
        """Return what a task of theirs is called here."""
        return self.renamed.get(name, name)

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

    def object(self, example: str) -> Any:
        """Return the object that --app names. Raises OperationRefused with a sentence."""
        module_name, colon, attribute = self.app.partition(":")
        if not colon or not attribute:
            said = f", not {self.app!r}" if self.app else ""
            raise OperationRefused(f"--app names a module and an object{said}: --app {example}")
        if str(Path.cwd()) not in sys.path:  # where a `celery -A` or `huey_consumer` finds it
            sys.path.append(str(Path.cwd()))
        try:
            found: Any = import_module(module_name)
            for name in attribute.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError) as error:
            raise OperationRefused(f"--app {self.app} cannot be found: {error}") from error
        # A function that builds or starts it: one scheduler must be told to read its job stores.
        return found() if inspect.isfunction(found) else found

    def text(self) -> str:
        """Return the file. Raises OperationRefused if none was named, or it cannot be read."""
        if self.path is None:
            raise OperationRefused("Name the file to read, or - for standard input.")
        try:
            return sys.stdin.read() if str(self.path) == "-" else self.path.read_text()
        except (OSError, ValueError) as error:
            raise OperationRefused(f"{self.path} cannot be read: {error}") from error


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
