"""Arguments as people may see them: what a task declares as ``sensitive`` is masked."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from itertools import chain, repeat
from typing import Any

from tasks_core import conf, key_templates, registry
from tasks_core.definition import Sensitive, Task
from tasks_core.exceptions import InvalidCall, UnknownTask

MASK = "********"


def check_key(key: str, sensitive: Sensitive) -> None:
    """Raise InvalidCall for a key, which everybody is shown, that names a sensitive argument."""
    for name in key_templates.names(key):
        if sensitive is True or name in (sensitive or ()):
            raise InvalidCall(
                f"the key {key!r} would show {name}, which is sensitive. Name another argument."
            )


def check(sensitive: Any, function: Callable[..., Any]) -> Sensitive:
    """Return what ``@task(sensitive=…)`` says; raise InvalidCall unless it names arguments."""
    if isinstance(sensitive, bool):
        return sensitive
    if not isinstance(sensitive, (list, tuple, set, frozenset)):
        raise InvalidCall(
            "sensitive must be True or a list of names of arguments, such as "
            f'["password"], not {sensitive!r:.80}.'
        )
    known = _parameters(function)
    for name in sensitive:
        if name not in known and not _rest(known, Parameter.VAR_KEYWORD):
            raise InvalidCall(
                f"sensitive names {name!r:.80}, which {function.__qualname__} does not take."
                f"{conf.did_you_mean(str(name), known)}"
            )
    return frozenset(sensitive)


def shown(name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """
    Return ``args`` and ``kwargs`` of a call of the task ``name`` as people may see them.

    Of a task that is not there, nobody knows what was sensitive: all of them are masked.
    """
    try:
        task = registry.resolve(name)
    except UnknownTask:
        return {"args": [MASK] * len(args), "kwargs": dict.fromkeys(kwargs, MASK)}
    if not task.sensitive:
        return {"args": args, "kwargs": kwargs}
    known = _parameters(task.func)
    places = chain(_places(task, known), repeat(_rest(known, Parameter.VAR_POSITIONAL)))
    others = _rest(known, Parameter.VAR_KEYWORD)
    return {
        "args": [_seen(task, place, value) for place, value in zip(places, args, strict=False)],
        "kwargs": {
            name: _seen(task, name if name in known else others, _seen(task, name, value))
            for name, value in kwargs.items()
        },
    }


def _seen(task: Task[Any, Any], name: str, value: Any) -> Any:
    # Without a name it is what the function does not take any more, perhaps under its old name.
    is_masked = task.sensitive is True or not name or name in (task.sensitive or ())
    return MASK if is_masked else value


def _parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    return inspect.signature(function, follow_wrapped=False).parameters


def _places(task: Task[Any, Any], known: Mapping[str, Parameter]) -> list[str]:
    """Return which parameters positional arguments fill; the context, if taken, is not stored."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return [name for name, each in known.items() if each.kind in kinds][task.takes_context :]


def _rest(known: Mapping[str, Parameter], kind: Any) -> str:
    """Return the name of ``*args`` or ``**kwargs``, or "" without one."""
    return next((name for name, each in known.items() if each.kind is kind), "")
