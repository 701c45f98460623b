"""Tasks for the conformance suite: each does one thing that a job may do."""

import sys
from datetime import timedelta
from typing import Any

from tasks_core.context import JobContext
from tasks_core.decorators import task
from tasks_core.outcomes import Snooze

remembered: list[Any] = []
"""What ``remember`` was called with, in order."""


def remember(*args: Any, **kwargs: Any) -> Any:
    remembered.append((args, kwargs))
    return args[0] if args else None


async def remember_later(*args: Any, **kwargs: Any) -> Any:
    return remember(*args, **kwargs)


@task(takes_context=True)
def remember_context(context: JobContext, what: str) -> dict[str, Any]:
    remembered.append((context, what))
    return {"attempt": context.attempt, "queue": context.queue}


@task(rate="2/m")
def remember_slowly(what: Any) -> None:
    remembered.append(what)


@task(takes_context=True)
def count_to(context: JobContext, total: int) -> None:
    for done in range(total + 1):
        context.progress(done, total)


@task(max_attempts=3, backoff=timedelta(minutes=1))
def fail_until_third() -> int:
    remembered.append("try")
    if len(remembered) < 3:  # noqa: PLR2004 - its name says it
        raise RuntimeError(f"not yet: {len(remembered)}")
    return len(remembered)


@task(max_attempts=2, backoff=timedelta(minutes=1))
def snooze_once() -> str:
    remembered.append("try")
    if len(remembered) == 1:
        raise Snooze(timedelta(minutes=1))
    return "rested"


@task(max_attempts=1)
def fail(message: str = "broken") -> None:
    raise RuntimeError(message)


@task(max_attempts=1)
def fail_at_length() -> None:
    raise RuntimeError("\0 and \ud800 and " + "x" * 5_000_000)


@task(max_attempts=1)
def leave() -> None:
    sys.exit(3)


@task(max_attempts=1)
def return_object() -> object:
    return object()
