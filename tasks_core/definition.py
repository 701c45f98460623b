"""A task: a function that may run in the background, with the defaults of its calls."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from tasks_core import conf
from tasks_core.calls import OPTION_DEFAULTS, Call
from tasks_core.exceptions import InvalidCall
from tasks_core.options import When
from tasks_core.retries import Backoff, GivesUp

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt
    from tasks_core.background import Background
    from tasks_core.results import JobResult

P = ParamSpec("P")
R = TypeVar("R")

Sensitive = bool | frozenset[str]

# A creator belongs to a call, an id and a context to a companion: none can be declared.
DECLARABLE = frozenset(OPTION_DEFAULTS) - {"creator", "id", "context", "expires_at"}


@dataclass(eq=False)
class Task(Generic[P, R]):
    """
    A declared task. Calling it runs it here and now, as the plain function would.

    ``options`` are the defaults of its calls; what a call says itself comes first.
    """

    func: Callable[P, R]
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    backend: str = conf.DEFAULT_ALIAS
    backoff: Backoff | None = None
    takes_context: bool = False
    when: When | None = None
    gives_up: GivesUp | None = None
    is_plain: bool = False  # its author knows a function, not this object
    # Of a task of another framework: that task itself, and how to build the context that it takes.
    foreign: Any = None
    context_of: Callable[["Attempt"], Any] | None = None
    http: bool | str = False  # callable over HTTP; if text, by those who have that permission
    keyed_by: str = ""  # its key, if that names arguments: a call's own is taken as it is
    sensitive: Sensitive = False  # which arguments nobody is shown; True: none of them is
    unplaced: str = ""  # why what its author said names no backend of JOBS; empty if it does

    is_async: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_async = inspect.iscoroutinefunction(self.func)
        update_wrapper(self, self.func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.func(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Task {self.name}>"

    @property
    def as_declared(self) -> Any:
        """What its author knows: the function, unless it was declared as a task."""
        return self.func if self.is_plain else self

    def using(
        self, *, backend: str | None = None, when: When | None = None, **options: Any
    ) -> "Task[P, R]":
        """Return a copy whose calls have these options: ``send.using(priority=5).enqueue(…)``."""
        check_options(options, {*DECLARABLE, "creator", "expires_at"}, what=f"{self.name}.using()")
        Call(self, **options).checked()
        return replace(
            self,
            options={**self.options, **options},
            backend=backend or self.backend,
            when=when if when is not None else self.when,
        )

    def enqueue(self, *args: Any, **kwargs: Any) -> "JobResult":
        """Store a call with these arguments (the context, if taken, is not among them)."""
        if self.when is not None:
            return self._background().defer(self, args, kwargs, when=self.when)
        return self._background().enqueue(self, args, kwargs)

    def defer(self, when: When, /, *args: Any, **kwargs: Any) -> "JobResult":
        """Store a call that must not start before ``when``."""
        return self._background().defer(self, args, kwargs, when=when)

    async def aenqueue(self, *args: Any, **kwargs: Any) -> "JobResult":
        if self.when is not None:
            return await self._background().adefer(self, args, kwargs, when=self.when)
        return await self._background().aenqueue(self, args, kwargs)

    async def adefer(self, when: When, /, *args: Any, **kwargs: Any) -> "JobResult":
        return await self._background().adefer(self, args, kwargs, when=when)

    def _background(self) -> "Background":
        from tasks_core.background import Background  # it knows tasks, we only start at it

        return Background(self.backend)


def check_options(options: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Raise InvalidCall, with the nearest known word, for an option that does not exist."""
    for name in options:
        if name not in known:
            raise InvalidCall(f"{what} has no option {name!r}.{conf.did_you_mean(name, known)}")
