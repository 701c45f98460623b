"""
What is computed when a schedule is due: arguments, and whether it runs here at all.

A row keeps the dotted path of such a callable, for people to read; what is called is what this
process's own declarations hold. A path in a store is never imported.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from types import FunctionType
from typing import Any

from django.utils.module_loading import import_string

from scheduler.exceptions import InvalidSchedule
from tasks_core.context import JobContext

Computed = Callable[..., Any]


class Skip:
    """What a callable returns in place of arguments, so that its due time becomes no job."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP = Skip()


def is_computed(value: Any) -> bool:
    """Say whether ``value`` is a callable or names one, in place of arguments or of a switch."""
    return callable(value) or (isinstance(value, str) and "." in value)


def found(option: str, value: Any) -> tuple[str, Computed]:
    """Return the dotted path of a callable given as such or by its path. Raises InvalidSchedule."""
    func = _imported(option, value) if isinstance(value, str) else value
    if not isinstance(func, FunctionType) or not func.__qualname__.isidentifier():
        raise InvalidSchedule(
            f"{option} takes a function that has a name in its module, or its dotted path; "
            f"{value!r:.80} has none that another process could tell it by."
        )
    return f"{func.__module__}.{func.__qualname__}", func


def call(func: Computed, due: JobContext) -> Any:
    """Call ``func``, with the due time if it has a parameter for it."""
    return func(due) if signature(func).parameters else func()


def _imported(option: str, path: str) -> Any:
    try:
        return import_string(path)
    except ImportError as error:
        raise InvalidSchedule(f"{option}: {path!r:.80} cannot be imported: {error}") from error
