"""What happens to a call before a backend sees it: completed, checked, put in its words."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from tasks_core import clock, registry
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import OPTION_DEFAULTS, Call, When
from tasks_core.definition import check_options
from tasks_core.exceptions import InvalidCall, UnsupportedFeature

Now = Callable[[], datetime]

ELSEWHERE = {
    "when": "use background.defer(func, when=…)",
    "backend": "use background.on(alias)",
}
_CALLER_OPTIONS = frozenset(OPTION_DEFAULTS) - {"id", "context"}


def said(
    func: Any, args: Any, kwargs: Any, *, when: When | None, options: Mapping[str, Any]
) -> Call:
    """Return a caller's words as a Call; what it says itself wins over what the task declares."""
    for name, cure in ELSEWHERE.items():
        if name in options:
            raise InvalidCall(f"background has no option {name!r} here; {cure}.")
    check_options(options, _CALLER_OPTIONS, what="background")
    task = registry.find(func)
    if kwargs is None:
        kwargs = {}
    when = task.when if when is None else when
    return Call(task, args, kwargs, when=when, **{**task.options, **options})


def declared(call: Call) -> Call:
    """Return ``call`` with the options that its task declares where it has the defaults."""
    if not isinstance(call, Call):
        raise InvalidCall(f"enqueue_many() takes Call(func, args, kwargs), not {call!r:.80}.")
    task = registry.find(call.func)
    unsaid = {
        name: value
        for name, value in task.options.items()
        if getattr(call, name) == OPTION_DEFAULTS[name]
    }
    return replace(call, func=task, when=task.when if call.when is None else call.when, **unsaid)


def clock_of(backend: BaseJobBackend) -> Now:
    """Return the clock that decides when the backend's jobs run, read once if it is asked."""
    return cache(getattr(backend, "now", clock.now))


def accepted(backend: BaseJobBackend, mode: str, call: Call, *, now: Now | None = None) -> Call:
    """Return ``call`` in its stored form; raise InvalidCall or UnsupportedFeature."""
    if not backend.supports(mode):
        raise UnsupportedFeature(f"{backend} cannot {mode}: it defines no {mode}().")
    checked = call.checked(now=now or clock_of(backend))
    if mode.endswith("defer") and checked.when is None:
        raise InvalidCall("when must be a datetime or a timedelta, not None.")
    _refuse_unbindable(checked)
    named, takes_any = backend.parameters(mode)
    for name, value in call.options().items():
        if value != OPTION_DEFAULTS[name] and name not in named and not takes_any:
            raise UnsupportedFeature(
                f"{backend} cannot take {name}={value!r:.80}: its {mode}() has no such parameter."
            )
    return checked


def spoken(backend: BaseJobBackend, mode: str, call: Call) -> dict[str, Any]:
    """Return the keyword arguments that this backend's method names, and no others."""
    words = {"func": _given(call), "args": call.args, "kwargs": call.kwargs, **call.options()}
    if mode.endswith("defer"):
        words["when"] = call.when
    named, takes_any = backend.parameters(mode)
    return words if takes_any else {name: words[name] for name in words if name in named}


def _given(call: Call) -> Any:
    """Return the function as its author knows it: a Task only if declared as one."""
    return call.func.func if call.func.is_plain else call.func


def _refuse_unbindable(call: Call) -> None:
    task = call.func
    args = [object(), *call.args] if task.takes_context else call.args
    try:
        _signature(task.func).bind(*args, **call.kwargs)
    except TypeError as error:
        raise InvalidCall(f"{task.name} cannot be called with these arguments: {error}.") from None


@lru_cache(maxsize=1024)
def _signature(func: Any) -> inspect.Signature:
    # Not through wrappers: a decorator may itself supply what the inner function demands.
    return inspect.signature(func, follow_wrapped=False)
