"""Keys that name arguments: ``"account {account_id}"`` is one key for each account."""

import inspect
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from tasks_core import conf
from tasks_core.exceptions import InvalidCall
from tasks_core.words import kind_of


def names(template: str) -> list[str]:
    """
    Return the arguments that ``template`` names; raise InvalidCall for more than plain names.

    An attribute, an index or a format would let a key depend on how a value is shown.
    """
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError as error:
        raise InvalidCall(f"the key {template!r} cannot be read: {error}.") from None
    for _, name, spec, conversion in fields:
        if not name or not name.isidentifier() or spec or conversion:
            raise InvalidCall(
                f"the key {template!r} may name arguments, such as {{account_id}}, and no more."
            )
    return [str(name) for _, name, _, _ in fields]


def declared(options: Mapping[str, Any]) -> list[str]:
    """Return the keys among what a task declares that name arguments."""
    keys = (options.get("key"), (options.get("concurrency") or ("",))[0])
    return [key for key in keys if key and "{" in key]


def check(template: str, func: Callable[..., Any]) -> None:
    """Raise InvalidCall, with the nearest known word, for a name that ``func`` never takes."""
    parameters = inspect.signature(func, follow_wrapped=False).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return
    for name in names(template):
        if name not in parameters:
            near = conf.did_you_mean(name, parameters)
            raise InvalidCall(
                f"the key {template!r} names {name!r}, which is no argument of "
                f"{func.__qualname__}().{near}"
            )


def filled(template: str, arguments: Mapping[str, Any]) -> str:
    """Return the key for these arguments; raise InvalidCall if one is missing or is no scalar."""
    for name in names(template):
        if name not in arguments:
            raise InvalidCall(f"the key {template!r} names {name!r}, which is no argument.")
        if not isinstance(arguments[name], (str, int, float)):
            kind = kind_of(arguments[name])
            raise InvalidCall(f"the key {template!r} names {name!r}, which is {kind}: no text.")
    return template.format_map(arguments)
