"""``wagtail.hooks``, and ``register(…, background=True)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import update_wrapper
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.http import HttpRequest
from django.views import View

from tasks_core.carrying import Snapshot, check_snapshot, pack, unpack
from tasks_core.carrying.delivery import LET_LESS_TRAVEL, Arguments, declared, deliver
from tasks_core.contrib.wagtail import eligible
from tasks_core.contrib.wagtail.requests import PastRequest
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall, MissingExtra

try:
    from wagtail import hooks as wagtails
except ModuleNotFoundError as error:
    raise MissingExtra("Wagtail", extra="wagtail") from error


def register(
    hook_name: str,
    fn: Callable[..., Any] | None = None,
    order: int = 0,
    *,
    background: bool = False,
    snapshot: Snapshot | None = None,
    **options: Any,
) -> Any:
    """
    Register a function for a hook, as Wagtail does; with ``background``, as a task.

    Each time Wagtail comes to the hook a job is enqueued when the transaction commits, and a
    worker calls the function with what the hook was given: rows are read anew, or, with
    ``snapshot``, are as they were, which is the default after a deletion; it may be a list of the
    names of the fields that travel. Of the request there are ``user``, ``method`` and ``path``.
    Takes the options of ``@task``. Without ``background`` it is ``wagtail.hooks.register``.

    Raises InvalidCall for hooks whose result Wagtail uses, and, when Wagtail comes to the hook,
    for values that cannot be carried.
    """
    if background:
        eligible.refuse(hook_name)
    elif options or snapshot is not None:
        name = next(iter(options), "snapshot")
        raise InvalidCall(f"hooks.register takes {name}= together with background=True only.")

    def declare(function: Any) -> Any:
        if background:
            function = _in_background(hook_name, function, snapshot=snapshot, options=options)
        elif isinstance(function, BackgroundHook):
            raise InvalidCall(f"{function.task.name} runs in the background: say so here, too.")
        wagtails.register(hook_name, function, order)
        return function

    return declare if fn is None else declare(fn)


def __getattr__(name: str) -> Any:
    """Give what else there is in ``wagtail.hooks``: ``get_hooks``, ``register_temporarily``, …."""
    return getattr(wagtails, name)


@dataclass(eq=False)
class BackgroundHook:
    """What is registered: called by Wagtail, it enqueues a job; ``func`` is what the job calls."""

    hook_name: str
    func: Callable[..., Any]
    task: Task[Any, Any]
    snapshot: Snapshot | None

    def __post_init__(self) -> None:
        update_wrapper(self, self.func)

    def __call__(self, *given: Any) -> None:
        """Enqueue a job: in the transaction, if its backend can, else when that commits."""
        as_it_was = self.snapshot
        if as_it_was is None:
            as_it_was = eligible.is_gone(self.hook_name, given)
        what = f"an argument of {self.hook_name}"
        call = [pack(_left(value), what=what, snapshot=as_it_was) for value in given]
        deliver(
            self.task,
            call,
            using=_database_of(given),
            what=f"what {self.hook_name} is given",
            cure=LET_LESS_TRAVEL if as_it_was else "",
        )


def _in_background(
    hook_name: str, function: Any, *, snapshot: Snapshot | None, options: dict[str, Any]
) -> BackgroundHook:
    eligible.check_takes(function, hook_name)
    if not isinstance(function, BackgroundHook):
        check_snapshot(snapshot)
        task = declared(function, _opened, what="A hook", options=options)
        return BackgroundHook(hook_name, function, task, snapshot)
    if options or snapshot is not None:
        raise InvalidCall(
            f"{function.task.name}: of several hooks.register the lowest says the options, for all."
        )
    return replace(function, hook_name=hook_name)


def _opened(call: Any) -> Arguments:
    return unpack(call), {}


def _left(value: Any) -> Any:
    """Return what is left of a value when the request is over."""
    if isinstance(value, HttpRequest):
        return PastRequest.of(value)
    return None if isinstance(value, View) else value


def _database_of(given: Sequence[Any]) -> str:
    """Return the database of the first row, in whose transaction the hook is called."""
    for value in given:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, models.Model) and each._state.db:
                return each._state.db
    return DEFAULT_DB_ALIAS
