"""
Questions about the due times of a trigger, answered without walking through all of them.

A trigger only knows "the first one later than"; everything here is built on that, so that it
holds for any object with the protocol.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile

from scheduler.due.gates import MICROSECOND
from scheduler.due.protocol import Trigger, due_times, next_due, spec_of
from scheduler.triggers.parts import count_of

COUNTED = 100  # how many due times are listed only to be counted
FIRST_LOOK = timedelta(minutes=1)
PAST = timedelta(days=3660)  # how far back the previous due time is looked for
REMEMBERED = 32_768
SLACK = timedelta(hours=1)  # by which a day may be longer than the next
FEW = 8

# Many schedules share few triggers, and a due time's predecessor never changes.
_previous: dict[tuple[str, datetime], datetime | None] = {}


def first_due(trigger: Trigger, after: datetime) -> datetime | None:
    """Return the first due time later than ``after``, or None: never again."""
    return next_due(trigger, after)


def newest_due(trigger: Trigger, *, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """
    Return the newest due times in (after, until], oldest first, at most ``limit`` of them.

    Looks back in growing windows, then halves the one that holds too many: the cost depends
    on the limit and on the logarithm of the stretch, not on how many were due.
    """
    oldest = first_due(trigger, after)
    if oldest is None or oldest > until:
        return []
    following = first_due(trigger, oldest)  # asked for in any case, by whoever plans
    if following is None or following > until:
        return [oldest]
    after = oldest - MICROSECOND
    window = FIRST_LOOK
    while until - window > after:
        if len(_list(trigger, after=until - window, until=until, limit=limit + 1)) > limit:
            return _newest(trigger, after=until - window, until=until, limit=limit)
        window *= 4
    return _newest(trigger, after=after, until=until, limit=limit)


def last_due(trigger: Trigger, *, after: datetime, until: datetime) -> datetime | None:
    """Return the last due time in (after, until], or None."""
    found = newest_due(trigger, after=after, until=until, limit=1)
    return found[0] if found else None


def number_due(trigger: Trigger, *, after: datetime, until: datetime) -> int | None:
    """Return how many are due in (after, until], or None when that cannot be had cheaply."""
    counted = count_of(trigger, after, until)
    if counted is not None:
        return counted
    listed = len(_list(trigger, after=after, until=until, limit=COUNTED + 1))
    return listed if listed <= COUNTED else None


def previous_due(trigger: Trigger, due_at: datetime) -> datetime | None:
    """Return the due time before ``due_at``; None if there is none within ten years."""
    asked = (spec_of(trigger), due_at)
    if asked not in _previous:
        if len(_previous) >= REMEMBERED:
            _previous.clear()
        _previous[asked] = _previous_due(trigger, due_at)
    return _previous[asked]


def _previous_due(trigger: Trigger, due_at: datetime) -> datetime | None:
    """Look first as far back as the next one is away: most due times keep a distance."""
    until = due_at - MICROSECOND
    following = first_due(trigger, due_at)
    if following is not None and following - due_at < PAST:
        after = due_at - (following - due_at) - SLACK
        if found := _list(trigger, after=after, until=until, limit=FEW):
            return found[-1] if len(found) < FEW else last_due(trigger, after=after, until=until)
    return last_due(trigger, after=due_at - PAST, until=until)


def _newest(trigger: Trigger, *, after: datetime, until: datetime, limit: int) -> list[datetime]:
    found = _list(trigger, after=after, until=until, limit=limit + 1)
    if len(found) <= limit:
        return found
    after = found[0]  # at least ``limit`` others are newer
    middle = after + (until - after) / 2
    newer = _newest(trigger, after=middle, until=until, limit=limit)
    if len(newer) == limit:
        return newer
    older = _newest(trigger, after=after, until=middle, limit=limit - len(newer))
    return older + newer


def _list(trigger: Trigger, *, after: datetime, until: datetime, limit: int) -> list[datetime]:
    due = takewhile(lambda due_at: due_at <= until, due_times(trigger, after))
    return list(islice(due, limit))
