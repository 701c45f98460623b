"""What happens to a call before a backend sees it: completed, checked, bound to its function."""

import inspect
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from tasks_core import clock, conf, key_templates, masking, registry
from tasks_core.backends.base import BaseJobBackend
from tasks_core.calls import OPTION_DEFAULTS, Call
from tasks_core.definition import Task, check_options
from tasks_core.exceptions import InvalidCall, UnsupportedFeature
from tasks_core.options import Now, When, key_text

ELSEWHERE = {
    "when": "use background.defer(func, when=…)",
    "backend": "use background.on(alias)",
}
OURS = frozenset({"durable", "id", "context"})  # no caller's, or no backend's business
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


def mode_of(call: Call) -> str:
    return "enqueue" if call.when is None else "defer"


def tasks_of(calls: Sequence[Call]) -> list[Task[Any, Any]]:
    """Return the task of each call; a function that many of them name is looked up once."""
    known: dict[int, Task[Any, Any]] = {}
    for call in calls:
        if not isinstance(call, Call):
            raise InvalidCall(f"enqueue_many() takes Call(func, args, kwargs), not {call!r:.80}.")
        if id(call.func) not in known:
            known[id(call.func)] = registry.find(call.func)
    return [known[id(call.func)] for call in calls]


def declared(call: Call, task: Task[Any, Any]) -> Call:
    """Return ``call`` with the options that its task declares where it has the defaults."""
    if not task.options and task.when is None:
        return call
    when = task.when if call.when is None else call.when
    return Call(task, call.args, call.kwargs, when=when, **{**task.options, **call.said()})


def is_durable(backend: BaseJobBackend, call: Call) -> bool:
    """
    Say whether this call is to be written down before the backend is given it.

    Not if the backend stores it in the caller's transaction anyway, or runs it at once.
    """
    if backend.in_band or not backend.can_be_durable:
        return False
    if backend.database == conf.get("OUTBOX_DATABASE"):
        return False
    return call.durable or backend.alias in conf.get("DURABLE")


def home_of(backend: BaseJobBackend, call: Call) -> str | None:
    """Return the database of the transactions in which such a call is stored; None if in none."""
    return conf.get("OUTBOX_DATABASE") if is_durable(backend, call) else backend.database


def commits_with(using: str, backend: BaseJobBackend, call: Call) -> bool:
    """Say whether a job that is stored in a transaction of this database is a part of it."""
    return home_of(backend, call) == using


def clock_of(backend: BaseJobBackend) -> Now | None:
    """
    Return the clock from which delays count, read once if it is asked.

    None where the backend counts them itself, which saves the question.
    """
    return None if backend.counts_delays else cache(getattr(backend, "now", clock.now))


def accepted(
    backend: BaseJobBackend,
    mode: str,
    call: Call,
    *,
    task: Task[Any, Any] | None = None,
    now: Now | None = None,
) -> Call:
    """Return ``call`` of ``task`` in its stored form; raise InvalidCall or UnsupportedFeature."""
    if not backend.supports(mode):
        raise UnsupportedFeature(f"{backend} cannot {mode}: it defines no {mode}().")
    checked = call.checked(func=task, now=now or clock_of(backend))
    if mode.endswith("defer") and checked.when is None:
        raise InvalidCall("when must be a datetime or a timedelta, not None.")
    _refuse_unbindable(checked)
    if checked.key is not None and checked.key == checked.func.keyed_by:
        checked.key = _of_its_arguments(checked, checked.key, what="key")
    if checked.concurrency is not None and "{" in checked.concurrency[0]:
        key, permits = checked.concurrency
        key = _of_its_arguments(checked, key, what="the key of concurrency")
        checked.concurrency = key, permits
    _refuse_unnamed(backend, mode, checked)
    backend.vet(checked)
    return checked


def all_accepted(
    backend: BaseJobBackend, calls: Sequence[Call], tasks: Sequence[Task[Any, Any]]
) -> list[Call]:
    """Do as ``accepted`` for each of many calls; the message says which of them is refused."""
    now = clock_of(backend)  # one reading for all
    stored: list[Call] = []
    try:
        for said_call, task in zip(calls, tasks, strict=True):
            call = declared(said_call, task)
            stored.append(accepted(backend, mode_of(call), call, task=task, now=now))
    except InvalidCall as error:
        if len(calls) == 1:
            raise
        which = f"call {len(stored) + 1} of {len(calls)}"
        raise InvalidCall(f"{which}: {error}") from None
    return stored


def _refuse_unbindable(call: Call) -> None:
    task, names = call.func, tuple(call.kwargs)
    if _takes(task.func, len(call.args) + task.takes_context, names):
        return
    try:
        _bound(call)
    except TypeError as error:
        raise InvalidCall(f"{task.name} cannot be called with these arguments: {error}.") from None


def _refuse_unnamed(backend: BaseJobBackend, mode: str, call: Call) -> None:
    named, takes_any = backend.parameters(mode)
    for name, value in () if takes_any else call.said().items():
        if name not in named and name not in OURS:
            raise UnsupportedFeature(
                f"{backend} cannot take {name}={value!r:.80}: its {mode}() has no such parameter. "
                "DatabaseBackend and RedisBackend take it."
            )


def _of_its_arguments(call: Call, template: str, *, what: str) -> str:
    """Return the key of a call whose task names arguments in it, by these arguments."""
    masking.check_key(template, call.func.sensitive)
    bound = _bound(call)
    bound.apply_defaults()
    arguments: dict[str, Any] = {}
    for name, parameter in bound.signature.parameters.items():
        value = bound.arguments[name]
        arguments |= value if parameter.kind is parameter.VAR_KEYWORD else {name: value}
    return key_text(key_templates.filled(template, arguments), what=what)


@lru_cache(maxsize=4096)
def _takes(func: Any, count: int, names: tuple[str, ...]) -> bool:
    """Say whether ``func`` takes so many arguments, and these by name: it never depends on more."""
    try:
        _signature(func).bind(*range(count), **dict.fromkeys(names))
    except TypeError:
        return False
    return True


def _bound(call: Call) -> inspect.BoundArguments:
    args = [object(), *call.args] if call.func.takes_context else call.args
    return _signature(call.func.func).bind(*args, **call.kwargs)


@lru_cache(maxsize=1024)
def _signature(func: Any) -> inspect.Signature:
    # Not through wrappers: a decorator may itself supply what the inner function demands.
    return inspect.signature(func, follow_wrapped=False)
