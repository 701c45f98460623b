"""When to try again: exponential back-off with full jitter, or what the task declared."""

import random
from collections.abc import Callable
from datetime import timedelta

from tasks_core import conf
from tasks_core.exceptions import InvalidCall

Backoff = timedelta | float | Callable[[int], timedelta | float]
"""A constant delay, or a function of the number of the attempt that just failed (from 1)."""

GivesUp = Callable[[int, BaseException], bool]
"""Says, of that number and of what the attempt raised, that no other shall follow."""


def delay(attempt: int, backoff: Backoff | None = None) -> timedelta:
    """
    Return how long to wait after failed attempt number ``attempt`` (from 1).

    Without a declared ``backoff``: a random part of 5 s * 3^(n-1), at most an hour. Full
    jitter spreads jobs that failed together (see AWS's "Exponential Backoff and Jitter").
    """
    if callable(backoff):
        backoff = backoff(attempt)
    if backoff is not None:
        wait = backoff if isinstance(backoff, timedelta) else timedelta(seconds=backoff)
        return max(wait, timedelta(0))
    return random.uniform(0, 1) * ceiling(attempt)  # noqa: S311 - jitter, not a secret


def after_refusal(waited: timedelta) -> timedelta:
    """
    Return how long to wait for a task that has been unknown for ``waited``: about as long again.

    So a deploy of seconds costs seconds, and one of an hour a dozen tries.
    """
    first: timedelta = conf.get("BACKOFF")
    return random.uniform(0.5, 1) * max(first, waited)  # noqa: S311 - jitter, not a secret


def check(backoff: object) -> None:
    """Raise InvalidCall for a back-off that is none."""
    is_number = isinstance(backoff, int | float) and not isinstance(backoff, bool)
    if backoff is None or callable(backoff) or (is_number and float(str(backoff)) >= 0):
        return
    if not isinstance(backoff, timedelta) or backoff < timedelta(0):
        raise InvalidCall(
            "backoff must be seconds, a timedelta, or a function of the number of the failed "
            f"attempt, not {backoff!r:.80}."
        )


def ceiling(attempt: int) -> timedelta:
    """Return the longest delay that the default back-off gives after ``attempt``."""
    first: timedelta = conf.get("BACKOFF")
    cap: timedelta = conf.get("BACKOFF_CAP")
    # In floats and with a bounded exponent: a job retried for years must not overflow.
    seconds = first.total_seconds() * float(conf.get("BACKOFF_FACTOR")) ** min(attempt - 1, 64)
    return timedelta(seconds=min(seconds, cap.total_seconds()))
