"""``@task``: declare a function that may run in the background."""

from collections.abc import Callable, Collection
from typing import Any, overload

from tasks_core import conf, key_templates, masking, registry, retries
from tasks_core.calls import Call
from tasks_core.definition import DECLARABLE, P, R, Sensitive, Task, check_options
from tasks_core.exceptions import InvalidCall
from tasks_core.retries import Backoff, GivesUp


@overload
def task(func: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *,
    backend: str = ...,
    backoff: Backoff | None = ...,
    gives_up: GivesUp | None = ...,
    takes_context: bool = ...,
    http: bool | str = ...,
    sensitive: bool | Collection[str] = ...,
    **options: Any,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(
    func: Callable[P, R] | None = None,
    /,
    *,
    backend: str = conf.DEFAULT_ALIAS,
    backoff: Backoff | None = None,
    gives_up: GivesUp | None = None,
    takes_context: bool = False,
    http: bool | str = False,
    sensitive: bool | Collection[str] = False,
    **options: Any,
) -> Any:
    """
    Declare a function as a task: ``@task`` or ``@task(queue="mail", max_attempts=3)``.

    Options: priority, queue, key, on_conflict, max_attempts, timeout, label, durable, ``rate``
    ("10/m"), ``concurrency`` (a key, which may name arguments, and how many may run at once:
    ``("account {account_id}", 2)``); ``backoff`` (seconds, timedelta, or a function of the number
    of the failed attempt); ``gives_up`` (a function of that number and of what was raised: shall
    none follow?); ``backend`` (an alias of JOBS); ``takes_context=True`` to be given a JobContext
    first; ``http`` (True, or a permission: who may call it over HTTP); ``sensitive`` (names of
    arguments that are shown to nobody, or True: all). Raises InvalidCall for anything else.
    """
    if func is not None and not callable(func):
        raise InvalidCall(f"@task takes its options by name: @task(queue={func!r:.80}).")
    _check(options, backoff=backoff, gives_up=gives_up, http=http)

    also: dict[str, Any] = {"gives_up": gives_up, "takes_context": takes_context, "http": http}

    def declare(function: Callable[P, R]) -> Task[P, R]:
        also["sensitive"] = masking.check(sensitive, function)
        also["keyed_by"] = _keyed_by(function, options, also["sensitive"])
        name = registry.path_of(function)
        declared = Task(function, name, options, backend=backend, backoff=backoff, **also)
        registry.declare(declared)
        return declared

    return declare if func is None else declare(func)


def _keyed_by(function: Callable[..., Any], options: dict[str, Any], sensitive: Sensitive) -> str:
    """Return the declared key if it names arguments; raise InvalidCall for those it may not."""
    keys = key_templates.declared(options)
    for key in keys:
        key_templates.check(key, function)
        masking.check_key(key, sensitive)
    return options["key"] if options.get("key") in keys else ""


def _check(options: dict[str, Any], *, backoff: Any, gives_up: Any, http: Any) -> None:
    """Refuse what cannot be declared: here, at import, rather than at the first call."""
    check_options(options, DECLARABLE, what="@task")
    Call(None, **options).checked()
    retries.check(backoff)
    if gives_up is not None and not callable(gives_up):
        raise InvalidCall(f"gives_up must be a function of (attempt, error), not {gives_up!r:.80}.")
    app, dot, codename = http.partition(".") if isinstance(http, str) else ("", "", "")
    if not (isinstance(http, bool) or (app and dot and codename)):
        raise InvalidCall(
            'http must be True, False or the name of a permission such as "shop.add_order", '
            f"not {http!r:.80}."
        )
