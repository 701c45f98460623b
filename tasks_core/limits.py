"""How many jobs at once, and how many in a second, a minute or an hour: what callers may say."""

import re
from datetime import datetime, timedelta
from typing import Any

from tasks_core import conf
from tasks_core.exceptions import InvalidCall

MAX_PERMITS = 10_000
PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}  # seconds
BURST = timedelta(milliseconds=100)  # what a rate allows in this time may be let through at once
ASTRAY = timedelta(minutes=1)  # far more than any two readings of one clock lie apart
OF_QUEUE = "queue:"  # begins the rate key of a queue; the name of a task has no colon
_RATE = re.compile(r"(\d{1,6})/([smhd])", re.ASCII)


def checked_concurrency(value: Any) -> tuple[str, int] | None:
    """Return ``(key, permits)`` as stored; raise InvalidCall for what is neither that nor None."""
    if value is None:
        return None
    if not isinstance(value, (tuple, list)) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise InvalidCall(
            f'concurrency must be a key and a number, such as ("account 7", 2), not {value!r:.80}.'
        )
    key, permits = value
    if isinstance(permits, bool) or not isinstance(permits, int):
        raise InvalidCall(f"concurrency must allow a whole number of jobs, not {permits!r:.80}.")
    if not 1 <= permits <= MAX_PERMITS:
        raise InvalidCall(f"concurrency must allow 1 to {MAX_PERMITS} jobs, not {permits}.")
    return key, permits


def spacing(rate: Any) -> timedelta:
    """Return the time between two starts for a rate such as "10/m"; raise InvalidCall."""
    found = _RATE.fullmatch(rate) if isinstance(rate, str) else None
    if found is None or int(found[1]) == 0:
        raise InvalidCall(
            'rate must be a number in a second, minute, hour or day, such as "10/m", '
            f"not {rate!r:.80}."
        )
    return timedelta(seconds=PERIODS[found[2]]) / int(found[1])


def checked_rate(value: Any) -> str | None:
    """Return the rate, or None; raise InvalidCall for one that cannot be read."""
    if value is not None:
        spacing(value)
    return value  # type: ignore[no-any-return]


def rate_of(*, task: str, queue: str, rate: str | None) -> tuple[str, timedelta] | None:
    """
    Return the rate key of a call and the time between two starts, or None.

    A rate that the call or its task declares counts the starts of the task; otherwise one
    that TASKS_CORE["RATE_LIMITS"] gives the queue counts those of the queue.
    """
    if rate is not None:
        return task, spacing(rate)
    key = key_of_queue(queue)
    return None if key is None else (key, spacing(conf.get("RATE_LIMITS")[queue]))


def key_of_queue(queue: str) -> str | None:
    """Return the rate key of a queue for which TASKS_CORE["RATE_LIMITS"] has a rate, or None."""
    return f"{OF_QUEUE}{queue}" if queue in conf.get("RATE_LIMITS") else None


def current_spacing(key: str, kept: timedelta | None) -> timedelta | None:
    """Return the time between two starts: of a queue what the settings say, else what is kept."""
    if not key.startswith(OF_QUEUE):
        return kept
    rate = conf.get("RATE_LIMITS").get(key.removeprefix(OF_QUEUE))
    return None if rate is None else spacing(rate)


def burst(each: timedelta) -> int:
    """Return how many may be let through at once: what 100 ms allow, and at least one."""
    return max(1, BURST // each)


def earliest(next_at: datetime | None, each: timedelta, *, now: datetime) -> datetime:
    """Return when the next is due; after a pause no earlier than a burst allows."""
    floor = now - (burst(each) - 1) * each
    # Nothing sets it further ahead than by one: the clock went back, or the rate was slower.
    if next_at is None or next_at > now + each + ASTRAY:
        return floor
    return max(next_at, floor)


def tokens(next_at: datetime | None, each: timedelta, *, now: datetime) -> int:
    """Return how many may pass now (GCRA, the generic cell rate algorithm)."""
    return max(0, (now - earliest(next_at, each, now=now)) // each + 1)
