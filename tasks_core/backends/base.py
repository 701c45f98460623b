"""What every backend promises. What it cannot do, it does not define."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.checks import CheckMessage


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
    in_band: ClassVar[bool] = False
    """True when a job runs inside the call that asks for it."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def __str__(self) -> str:
        return f"{type(self).__name__} ({self.alias!r} in JOBS)"

    def supports(self, mode: str) -> bool:
        """Say whether this backend defines ``mode`` ("enqueue", "defer", …)."""
        return callable(getattr(self, mode, None))

    def parameters(self, mode: str) -> tuple[frozenset[str], bool]:
        """Return the parameters that ``mode`` names, and whether it takes any other too."""
        found = inspect.signature(getattr(self, mode)).parameters.values()
        named = frozenset(each.name for each in found if each.kind is not each.VAR_KEYWORD)
        return named, any(each.kind is each.VAR_KEYWORD for each in found)

    def check(self) -> list[CheckMessage]:
        """Return what is wrong with the options; called by ``manage.py check``."""
        return []
