"""
The ledger of one schedule against the due times that its definitions had. Pure.

Both come in the order of time and are walked through once, side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from scheduler.choices import Reason
from scheduler.due.gates import MICROSECOND
from scheduler.questions.audit.faults import Fault, Kind, Row, fault
from scheduler.questions.timeline import Timeline
from scheduler.triggers import At


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is audited: (after, until]; at and below ``floor`` the ledger has forgotten."""

    after: datetime
    until: datetime
    floor: datetime


def compare(timeline: Timeline, rows: Iterable[Row], stretch: Stretch) -> Iterator[Fault]:
    """Yield what is wrong with ``rows``: all those that end after its begin, oldest first."""
    covered = stretch.after
    for row in rows:
        if row.due_at > stretch.until:
            yield fault(Kind.AHEAD, row)
            continue
        if row.due_at <= covered and covered > stretch.after:
            yield fault(Kind.TWICE, row, until_at=min(row.until_at, covered))
        else:
            expected = timeline.next_after(covered)
            if expected is not None and expected < row.due_at:
                yield from _missing(
                    timeline, stretch, after=covered, until=row.due_at - MICROSECOND
                )
            yield from _wrong(timeline, row, is_expected=expected == row.due_at)
        covered = max(covered, row.until_at)
    yield from _missing(timeline, stretch, after=covered, until=stretch.until)


def _missing(
    timeline: Timeline, stretch: Stretch, *, after: datetime, until: datetime
) -> Iterator[Fault]:
    after = max(after, stretch.floor)
    first = timeline.next_after(after) if after < until else None
    if first is not None and first <= until:
        yield Fault(
            kind=Kind.MISSING,
            key=timeline.key,
            due_at=first,
            until_at=timeline.last(after, until) or first,
            count=timeline.count(after, until),
        )


def _wrong(timeline: Timeline, row: Row, *, is_expected: bool) -> Iterator[Fault]:
    before = row.due_at - MICROSECOND
    if timeline.is_unread(before, row.until_at):
        return
    if not (is_expected or timeline.is_due(row.due_at) or _is_noted(timeline, row)):
        yield fault(Kind.EXTRA, row)
    elif row.until_at != row.due_at and not timeline.is_due(row.until_at):
        yield fault(Kind.EXTRA, row, due_at=row.until_at)
    elif (count := _recounted(timeline, row)) != row.count:
        yield fault(Kind.MISCOUNTED, row, count=count)
    elif row.until_at > row.recorded_at:
        yield fault(Kind.EARLY, row)


def _recounted(timeline: Timeline, row: Row) -> int | None:
    """Return how many due times the row covers; what it says itself, if that is not cheap."""
    if row.count is None or row.until_at == row.due_at:
        return row.count
    count = timeline.count(row.due_at - MICROSECOND, row.until_at)
    return row.count if count is None else count


def _is_noted(timeline: Timeline, row: Row) -> bool:
    """Say whether the row tells of an At that was over before it was first seen."""
    if row.reason != Reason.MISSED_WINDOW:
        return False
    triggers = (each.trigger for each in timeline.versions)
    return any(isinstance(each, At) and each.moment == row.due_at for each in triggers)
