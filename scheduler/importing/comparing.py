"""
Their due times and ours, for a year.

Where there are few, each of them. Where there are many, those of the first day and around
changes of the clocks; and both are asked what comes next at 1,300 moments of the year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from scheduler.due.zones import OffsetChange, first_change
from scheduler.importing.readings import NextAfter
from scheduler.triggers import Trigger, due_times

YEAR = timedelta(days=366)
MOST = 2500  # due times that are compared one by one
START = timedelta(days=1)
BEFORE, AFTER = timedelta(hours=6), timedelta(hours=12)  # a change of the clocks
HOUR = timedelta(hours=1)
NEAR = timedelta(hours=3)  # what a change of the clocks moves or doubles is not farther away
STRIDE = timedelta(hours=6, minutes=47)  # meets each hour of the day, and each weekday

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Night:
    """
    A change of the clocks, and the first due time after it.

    Also that may be lost, days later: who adds a span to a time before the change, as APScheduler
    does, arrives as much past midnight as the clocks went forward.
    """

    change: OffsetChange
    first: datetime | None

    def explains(self, due_at: datetime) -> bool:
        """Say whether what differs at ``due_at`` may come from it."""
        if abs(due_at - self.change.at) <= NEAR:
            return True
        if self.first is None or not timedelta(0) <= due_at - self.first <= NEAR:
            return False
        wall = due_at + self.change.after
        past_midnight = wall - wall.replace(hour=0, minute=0, second=0)
        return past_midnight < abs(self.change.size) + HOUR  # the next that they know of


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was compared, and what differs. ``is_whole``: each due time of the span was."""

    since: datetime
    until: datetime
    compared: int
    is_whole: bool
    only_there: tuple[datetime, ...]
    only_here: tuple[datetime, ...]
    nights: tuple[Night, ...]


def compare(
    theirs: NextAfter, ours: Trigger, *, since: datetime, until: datetime, zone: ZoneInfo | None
) -> Comparison:
    """Return how their due times in (since, until] and ours differ, as far as anybody looked."""

    def here(moment: datetime) -> datetime | None:
        return next(due_times(ours, moment), None)

    changes = tuple(_changes(zone, since, until))
    found = [_all(ask, since, until) for ask in (theirs, here)]
    is_whole = all(times is not None for times in found)
    if not is_whole:
        spans = [(since, min(since + START, until))]
        spans += [(max(since, each.at - BEFORE), min(until, each.at + AFTER)) for each in changes]
        moments = list(_moments(spans, since, until))
        found = [_some(ask, spans, moments, until=until) for ask in (theirs, here)]
    there, ours_here = (times or set() for times in found)
    return Comparison(
        since=since,
        until=until,
        compared=len(there | ours_here),
        is_whole=is_whole,
        only_there=tuple(sorted(there - ours_here)),
        only_here=tuple(sorted(ours_here - there)),
        nights=tuple(
            Night(each, min((due for due in there | ours_here if due > each.at), default=None))
            for each in changes
        ),
    )


def _all(ask: NextAfter, since: datetime, until: datetime) -> set[datetime] | None:
    """Return all due times of a span, or None if they are too many."""
    times = set(islice(_walk(ask, since, until), MOST + 1))
    return times if len(times) <= MOST else None


def _some(
    ask: NextAfter, spans: list[Span], moments: list[datetime], *, until: datetime
) -> set[datetime]:
    walked = {due_at for start, end in spans for due_at in _walk(ask, start, end)}
    asked = {due_at for moment in moments if (due_at := ask(moment)) and due_at <= until}
    return walked | asked


def _walk(ask: NextAfter, start: datetime, end: datetime) -> Iterator[datetime]:
    moment = start
    while (due_at := ask(moment)) is not None and moment < due_at <= end:
        yield due_at
        moment = due_at


def _moments(spans: list[Span], since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield moments all over a span, but none at which clocks change: those are walked through."""
    moment = since
    while moment < until:
        if not any(start <= moment <= end for start, end in spans):
            yield moment
        moment += STRIDE


def _changes(zone: ZoneInfo | None, since: datetime, until: datetime) -> Iterator[OffsetChange]:
    while zone is not None and (change := first_change(zone, after=since, until=until)):
        yield change
        since = change.at
