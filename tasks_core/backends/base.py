"""What every backend promises. What it cannot do, it does not define."""

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.core.checks import CheckMessage

from tasks_core.calls import Call


class BaseJobBackend:
    """
    Subclass it and define ``enqueue`` and any of ``defer``, ``aenqueue``, ``adefer``.

    None of the four is defined here: a capability is a defined method, and ``defer = None``
    takes an inherited one away. A method is called by keyword with those of our parameters
    that it names: ``func``, ``args``, ``kwargs``, ``when`` (defer only) and the options of a
    call. Beyond the four, ``enqueue_many(calls)``, ``get(id)`` and ``get_many(ids)`` are
    used where they are defined.
    """

    alias: str = "default"
    database: str | None = None
    """The Django alias of the database that holds the jobs; None when they are elsewhere."""
    in_band: bool = False
    """True when a job runs inside the call that asks for it."""
    can_be_durable: ClassVar[bool] = True
    """False when nothing is won by writing a call down first, as when jobs are kept in memory."""
    counts_delays: ClassVar[bool] = False
    """True when it takes a timedelta for a time, and counts it from its own clock."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def __str__(self) -> str:
        return f"{type(self).__name__} ({self.alias!r} in JOBS)"

    def supports(self, mode: str) -> bool:
        """Say whether this backend defines ``mode`` ("enqueue", "defer", …)."""
        return callable(getattr(self, mode, None))

    def parameters(self, mode: str) -> tuple[frozenset[str], bool]:
        """Return the parameters that ``mode`` names, and whether it takes any other too."""
        method = getattr(self, mode)
        return _parameters(getattr(method, "__func__", method))

    def receive(self, mode: str, call: Call) -> Any:
        """Call the method ``mode`` with a checked call, in the words that it names."""
        return getattr(self, mode)(**self.spoken(mode, call))

    def spoken(self, mode: str, call: Call) -> dict[str, Any]:
        """Return the keyword arguments that ``mode`` names, and no others."""
        known = call.func.as_declared
        words = {"func": known, "args": call.args, "kwargs": call.kwargs, **call.options()}
        if mode.endswith("defer"):
            words["when"] = call.when
        named, takes_any = self.parameters(mode)
        return words if takes_any else {name: words[name] for name in words if name in named}

    def vet(self, call: Call) -> None:
        """Raise InvalidCall for a checked call that would be refused here; ask no server."""

    def check(self) -> list[CheckMessage]:
        """Return what is wrong with the options; called by ``manage.py check``."""
        return []

    def check_server(self) -> list[CheckMessage]:
        """Return what is wrong where the jobs are kept: asked by workers, ``check --database``."""
        return []


@lru_cache(maxsize=256)
def _parameters(function: Any) -> tuple[frozenset[str], bool]:
    found = inspect.signature(function).parameters.values()
    named = frozenset(each.name for each in found if each.kind is not each.VAR_KEYWORD)
    return named, any(each.kind is each.VAR_KEYWORD for each in found)
