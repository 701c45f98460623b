"""Plain values and classes, as JSON and back; rows and lists are added by others."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from importlib import import_module
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.http import HttpRequest
from django.utils.functional import Promise

from tasks_core import registry
from tasks_core.exceptions import InvalidCall
from tasks_core.words import kind_of

MARK = "_kind"

Snapshot = bool | Collection[str]
"""Whether rows travel as they are, or which of their fields do."""


@dataclass(frozen=True)
class Terms:
    """How a value travels: what an error calls it, and how rows go."""

    what: str
    snapshot: Snapshot = False


def check_snapshot(snapshot: Any) -> None:
    """Raise InvalidCall for what cannot be a ``snapshot``; None stands for the default."""
    if snapshot is None or isinstance(snapshot, bool):
        return
    names = not isinstance(snapshot, str) and isinstance(snapshot, Collection)
    if not names or not all(isinstance(name, str) for name in snapshot):
        raise InvalidCall(
            f"snapshot must be True, False or a list of names of fields, not {snapshot!r:.80}."
        )


def pack(value: Any, *, what: str, snapshot: Snapshot) -> Any:
    """
    Return ``value`` in words of JSON; ``what`` names it in the message of InvalidCall.

    A row goes by its model, key and database, or, as a ``snapshot``, with the values of its
    fields, or of some. A request becomes None: it will be over.
    """
    return pack_value(value, Terms(what, snapshot))


def unpack(told: Any) -> Any:
    """
    Return what was packed. Rows are read anew.

    Raises RowGone for one that is gone, and InvalidCall for what is no part of
    this project any more.
    """
    if isinstance(told, list):
        return [unpack(each) for each in told]
    if not isinstance(told, dict):
        return told
    make = MADE[told[MARK]] if MARK in told else _whole_dict
    return make(told)


@singledispatch
def pack_value(value: Any, terms: Terms) -> Any:
    raise InvalidCall(
        f"{terms.what} is {kind_of(value)}, which cannot be carried to a worker. Plain values and "
        "rows can, and so can the key under which a worker finds it."
    )


@pack_value.register
def _(value: bool | int | float | str | None, terms: Terms) -> Any:  # noqa: FBT001 - any value
    if isinstance(value, str):
        return str.__str__(value)  # of a choice or a SafeString the text itself, not its name
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return None


@pack_value.register
def _(value: Promise, terms: Terms) -> str:
    return str(value)  # in the language of who says it


@pack_value.register
def _(value: bytes | bytearray | memoryview, terms: Terms) -> Any:
    return {MARK: "bytes", "is": b64encode(value).decode()}


@pack_value.register
def _(value: HttpRequest, terms: Terms) -> None:
    return None


@pack_value.register
def _(value: datetime | date | time, terms: Terms) -> Any:
    return {MARK: _kind(value, datetime, date, time), "is": value.isoformat()}


@pack_value.register
def _(value: timedelta, terms: Terms) -> Any:
    return {MARK: "timedelta", "is": [value.days, value.seconds, value.microseconds]}


@pack_value.register
def _(value: Decimal | UUID, terms: Terms) -> Any:
    return {MARK: _kind(value, Decimal, UUID), "is": str(value)}


@pack_value.register
def _(value: tuple | set | frozenset, terms: Terms) -> Any:  # type: ignore[type-arg]
    kind = _kind(value, tuple, set, frozenset)
    return {MARK: kind, "is": [pack_value(each, terms) for each in value]}


@pack_value.register
def _(value: dict, terms: Terms) -> Any:  # type: ignore[type-arg]
    for name in value:
        if not isinstance(name, str):
            raise InvalidCall(
                f"{terms.what} has the key {name!r:.80}; only dicts whose keys are text travel."
            )
    packed = {str(name): pack_value(each, terms) for name, each in value.items()}
    return {MARK: "dict", "is": packed} if MARK in packed else packed


@pack_value.register
def _(value: type, terms: Terms) -> Any:
    if issubclass(value, models.Model):
        return {MARK: "model", "model": value._meta.label}
    name = f"{value.__module__}:{value.__qualname__}"
    if _found(name) is not value:
        raise InvalidCall(
            f"{terms.what} is the class {value.__qualname__}, which a worker could not find again: "
            "it is not at the top of a module of an installed app. Send another, or None."
        )
    return {MARK: "class", "name": name}


def model_of(told: dict[str, Any]) -> type[models.Model]:
    """Return the model that was named; raise InvalidCall if there is none of this name."""
    try:
        return apps.get_model(told["model"])
    except LookupError as error:
        raise InvalidCall(f"{told['model']!r:.200} is no model of this project.") from error


def _kind(value: Any, *kinds: type) -> str:
    """Return what a value is in the end, such as a tuple, whatever its own class."""
    return next(kind.__name__ for kind in kinds if isinstance(value, kind))


def _whole_dict(told: dict[str, Any]) -> dict[str, Any]:
    return {name: unpack(value) for name, value in told.items()}


def _found(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not registry.may_run_from(module):  # asked before the import
        return None
    return getattr(import_module(module), attribute, None)


def _class_of(told: dict[str, Any]) -> type:
    found = _found(told["name"])
    if not isinstance(found, type):
        raise InvalidCall(f"{told['name']!r:.200} is no class of this project.")
    return found


MADE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "class": _class_of,
    "bytes": lambda told: b64decode(told["is"]),
    "dict": lambda told: _whole_dict(told["is"]),
    "tuple": lambda told: tuple(unpack(told["is"])),
    "set": lambda told: set(unpack(told["is"])),
    "frozenset": lambda told: frozenset(unpack(told["is"])),
    "datetime": lambda told: datetime.fromisoformat(told["is"]),
    "date": lambda told: date.fromisoformat(told["is"]),
    "time": lambda told: time.fromisoformat(told["is"]),
    "timedelta": lambda told: timedelta(*told["is"]),
    "Decimal": lambda told: Decimal(told["is"]),
    "UUID": lambda told: UUID(told["is"]),
}
