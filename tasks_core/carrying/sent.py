"""All that a signal sends with one ``send()``, and by which name a signal is known."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import signals as of_models
from django.dispatch import Signal

from tasks_core.carrying.values import Snapshot, pack, unpack


def pack_sent(sender: Any, sent: dict[str, Any], *, snapshot: Snapshot) -> dict[str, Any]:
    """Return what a signal sends in words of JSON; a row that is sent twice is packed once."""
    same = _repeated(sent)
    return {
        "sender": pack(sender, what="sender", snapshot=False),
        "sent": {
            name: pack(value, what=name, snapshot=snapshot)
            for name, value in sent.items()
            if name not in same
        },
        "same": same,
    }


def unpack_sent(told: dict[str, Any]) -> dict[str, Any]:
    """Return the sender and what it sent, by name. Raises what ``unpack`` does."""
    sent = {name: unpack(value) for name, value in told["sent"].items()}
    again = {name: sent[first] for name, first in told["same"].items()}
    return {"sender": unpack(told["sender"]), **sent, **again}


def rows_of(sent: dict[str, Any]) -> dict[str, models.Model]:
    return {name: value for name, value in sent.items() if isinstance(value, models.Model)}


def database_of(sent: dict[str, Any]) -> str:
    """Return the database in whose transaction the signal was sent, as far as it says so."""
    known = (row._state.db for row in rows_of(sent).values())
    using = sent.get("using")  # of signals of models; others may mean anything by it
    if isinstance(using, str) and using in connections:
        return using
    return next(filter(None, known), DEFAULT_DB_ALIAS)


def name_of(signal: Signal, module: ModuleType | None) -> str | None:
    """Return what ``module`` calls a signal: ``order_paid``, ``signals.order_paid``."""
    for prefix, place in _places(module):
        for name, value in list(vars(place).items()):
            if value is signal:
                return f"{prefix}{name}"
    return None


def _places(module: ModuleType | None) -> Iterator[tuple[str, ModuleType]]:
    yield f"{of_models.__name__}.", of_models
    if module is not None:
        yield "", module
        for name, value in list(vars(module).items()):
            if isinstance(value, ModuleType):
                yield f"{name}.", value


def _repeated(sent: dict[str, Any]) -> dict[str, str]:
    """Return under which name a row went before, as the ``origin`` of a deletion often did."""
    first: dict[int, str] = {}
    rows = rows_of(sent).items()
    return {name: first[id(row)] for name, row in rows if first.setdefault(id(row), name) != name}
