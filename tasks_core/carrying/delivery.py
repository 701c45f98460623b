"""From where something happens to the function that hears of it: its task, and each job of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction

from tasks_core import key_templates, payloads, registry
from tasks_core.backends import job_backends
from tasks_core.calls import Call
from tasks_core.decorators import task
from tasks_core.definition import DECLARABLE, Task
from tasks_core.exceptions import InvalidCall
from tasks_core.preparation import commits_with

# What @task takes.
OPTIONS = DECLARABLE | {"backend", "backoff", "gives_up", "sensitive", "takes_context"}

Arguments = tuple[list[Any], dict[str, Any]]

LET_LESS_TRAVEL = (
    'Rows travel as they were here: name the fields that do, snapshot=["name", …], or, where the '
    "row stays, let the worker read it, snapshot=False."
)


def declared(
    func: Callable[..., Any],
    opened: Callable[[Any], Arguments],
    *,
    what: str,
    options: dict[str, Any],
) -> Task[Any, Any]:
    """
    Declare ``func`` as the task to which calls are delivered, and return it.

    A worker calls ``func`` with what ``opened`` makes of a call that was carried. Raises
    InvalidCall, naming ``what`` declares it, for options that it cannot take.
    """
    if options.get("takes_context"):
        raise InvalidCall(f"{what} cannot be given takes_context.")
    if not isinstance(options.get("sensitive", False), bool):
        raise InvalidCall(f"{what} takes sensitive=True, which masks all that it is sent.")
    registry.path_of(func)  # refuses what a worker would not find
    declare = task(**options)
    for key in key_templates.declared(options):
        raise InvalidCall(
            f"{what} takes plain keys, and {key!r} names arguments, which what is sent has not. "
            "Let the function enqueue a task that has them."
        )
    return declare(_body(func, opened))


def deliver(carrier: Task[Any, Any], call: Any, *, using: str, what: str, cure: str = "") -> None:
    """
    Enqueue a job: in the transaction, if its backend can, else when that commits.

    ``using`` is the database of that transaction. Raises InvalidCall, naming ``what`` is carried
    and the ``cure``, where it is too much.
    """
    try:
        arguments = payloads.normal({"carried": call}, what=what)
    except InvalidCall as error:
        raise InvalidCall(f"{error} {cure}".rstrip()) from None
    backend = job_backends[carrier.backend]
    enqueue = partial(carrier.enqueue, **arguments)
    if commits_with(using, backend, Call(carrier, **carrier.options)):
        enqueue()
    else:
        transaction.on_commit(enqueue, using=using)


def _body(func: Callable[..., Any], opened: Callable[[Any], Arguments]) -> Callable[..., Any]:
    """Return what a worker calls, under the name of the function, where it is found again."""

    def run(*, carried: Any) -> Any:
        args, kwargs = opened(carried)
        return func(*args, **kwargs)

    async def arun(*, carried: Any) -> Any:
        args, kwargs = await sync_to_async(opened)(carried)
        return await func(*args, **kwargs)

    body = arun if inspect.iscoroutinefunction(func) else run
    body.__module__, body.__name__ = func.__module__, func.__name__
    body.__qualname__, body.__doc__ = func.__qualname__, func.__doc__
    vars(body)["__signature__"] = _OfDeliveries.from_callable(body)
    return body


class _OfDeliveries(inspect.Signature):
    """Tells who enqueues by hand what only ``deliver`` can."""

    def bind(self, *args: Any, **kwargs: Any) -> inspect.BoundArguments:
        try:
            return super().bind(*args, **kwargs)
        except TypeError:
            raise TypeError(
                "its jobs carry what a signal sends or a hook is given. Send the signal, or run "
                "the hook; to call the function itself, call its .func"
            ) from None
