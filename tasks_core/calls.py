"""A call that may be stored: the function, its arguments and its options, all checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import models

from tasks_core import clock, payloads
from tasks_core.exceptions import InvalidCall
from tasks_core.options import (
    CHECKS,
    DEFAULT_QUEUE,
    Now,
    OnConflict,
    When,
    instant,
    instant_or_delay,
)


@dataclass(slots=True)
class Call:
    """
    One call of one task, with its options. ``func`` may be a function, Task or dotted path.

    A value, which nobody changes. It is not frozen because to store many calls is to build two
    of these for each, and a frozen one takes five times as long.
    """

    func: Any
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    when: When | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    queue: str = field(default=DEFAULT_QUEUE, kw_only=True)
    key: str | None = field(default=None, kw_only=True)
    on_conflict: OnConflict = field(default="keep", kw_only=True)
    max_attempts: int | None = field(default=None, kw_only=True)
    timeout: timedelta | float | None = field(default=None, kw_only=True)
    expires_at: When | None = field(default=None, kw_only=True)
    concurrency: tuple[str, int] | None = field(default=None, kw_only=True)
    rate: str | None = field(default=None, kw_only=True)
    label: str = field(default="", kw_only=True)
    creator: models.Model | str | None = field(default="", kw_only=True)
    durable: bool = field(default=False, kw_only=True)
    # For companions that must name the job before it exists and tell it what it is for.
    id: UUID | None = field(default=None, kw_only=True)
    context: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def checked(self, *, func: Any = None, now: Now | None = clock.now) -> "Call":
        """
        Return this call with everything in its stored form; raise InvalidCall.

        ``func`` is what stands for ``self.func`` there. ``now`` is asked what a timedelta
        counts from; None leaves it to the store.
        """
        said = self.said()
        until = said.pop("expires_at", None)
        options = {name: CHECKS[name](value) for name, value in said.items()}
        if self.on_conflict == "replace" and self.key is None:
            raise InvalidCall('on_conflict="replace" needs a key: key="report 7".')
        return Call(
            func or self.func,
            _args(self.args),
            _kwargs(self.kwargs),
            when=None if self.when is None else _time(self.when, what="when", now=now),
            expires_at=None if until is None else _time(until, what="expires_at", now=now),
            **options,
        )

    def said(self) -> dict[str, Any]:
        """Return the options that are not the defaults, by name."""
        values = _values(self)
        if values == _DEFAULTS:
            return {}
        return {
            name: value
            for name, value, default in zip(_NAMES, values, _DEFAULTS, strict=True)
            if value is not default and value != default
        }

    def options(self) -> dict[str, Any]:
        """Return every option by name: all fields but what to call and when."""
        return dict(zip(_NAMES, _values(self), strict=True))


OPTION_DEFAULTS: dict[str, Any] = {
    option.name: {} if option.name == "context" else option.default
    for option in fields(Call)
    if option.name not in {"func", "args", "kwargs", "when"}
}
_NAMES, _DEFAULTS = tuple(OPTION_DEFAULTS), tuple(OPTION_DEFAULTS.values())
_values = attrgetter(*_NAMES)


def _time(when: When, *, what: str, now: Now | None) -> When:
    return instant(when, what=what, now=now) if now else instant_or_delay(when, what=what)


def _args(args: Any) -> list[Any]:
    if not isinstance(args, (list, tuple)):
        raise InvalidCall(f"args must be a list or tuple, not {type(args).__name__}: args=[value].")
    normal: list[Any] = payloads.normal(args, what="args")
    return normal


def _kwargs(kwargs: Any) -> dict[str, Any]:
    if not isinstance(kwargs, Mapping):
        raise InvalidCall(f"kwargs must be a dict, not {type(kwargs).__name__}.")
    normal: dict[str, Any] = payloads.normal(
        kwargs if type(kwargs) is dict else dict(kwargs), what="kwargs"
    )
    return normal
