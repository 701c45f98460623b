"""
Marks on a lane: what became of due times, and when the next ones come.

Time is cut into buckets, a fixed number of them whatever the span, so that an hour of a schedule
that is due every second is as cheap to draw as an hour of a daily one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scheduler import conf
from scheduler.dashboard.ledger import SKIPPED, UNKNOWN, Row, states_of
from scheduler.models import Occurrence, Schedule
from scheduler.triggers import Trigger, next_due
from tasks_core.states import JobState

BUCKETS = 240
RECORDED = 20_000
NAMES: dict[str, str] = {JobState.READY: "waiting", JobState.SCHEDULED: "waiting"}
# Of several due times in one bucket, the first of these gives it its colour.
WORST_FIRST = ("failed", "missing", "running", "waiting", "late", SKIPPED, "cancelled", UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A bucket: ``count`` due times, the worst of which is ``state``; or planned ones."""

    at: datetime
    state: str
    until: datetime | None = None  # skips of one reason share a row: a stretch, not a point
    count: int | None = 1


def recorded(keys: list[str], *, now: datetime, span: timedelta) -> dict[str, list[Tick]]:
    """Return the ticks of the ledger in the past ``span``, oldest first, by schedule."""
    since = bucket_of(now - span, span)
    on_time = conf.tuning().on_time
    ledger = Occurrence.objects.using(conf.database()).filter(
        schedule_key__in=keys, due_at__gte=since
    )
    # No models: a day of a fast schedule is so many rows that building them would be felt.
    newest = ledger.order_by("-due_at").values_list(*Row.__slots__)[:RECORDED]
    rows = [Row(*values) for values in newest]
    states = states_of(rows)
    found: dict[str, dict[datetime, Tick]] = {}
    for row in reversed(rows):
        lane = found.setdefault(row.schedule_key, {})
        at = bucket_of(row.due_at, span)
        lane[at] = worse(lane.get(at), tick_of(row, states[row.pk], at, on_time=on_time))
    return {key: list(lane.values()) for key, lane in found.items()}


def tick_of(row: Row, state: str, at: datetime, *, on_time: timedelta) -> Tick:
    state = NAMES.get(state, state)
    if state == "successful" and row.recorded_at - row.due_at > on_time:
        state = "late"
    until = row.until_at if row.until_at > row.due_at else None
    return Tick(at=at, state=state, until=until, count=row.count)


def worse(one: Tick | None, other: Tick) -> Tick:
    """Return one tick for two of the same bucket."""
    if one is None:
        return other
    state = next((each for each in WORST_FIRST if each in {one.state, other.state}), other.state)
    count = None if one.count is None or other.count is None else one.count + other.count
    return Tick(at=one.at, state=state, until=other.until or one.until, count=count)


def coming(trigger: Trigger, row: Schedule, *, now: datetime, span: timedelta) -> list[Tick]:
    """Return what the ledger does not have yet: overdue, or planned in the next ``span``."""
    grace = timedelta(seconds=2 * conf.tuning().tick_seconds)
    if row.next_due_at and row.next_due_at < now - grace:
        return [Tick(at=row.next_due_at, state="missing")]
    start = row.next_due_at or now
    return list(planned(trigger, start - timedelta(microseconds=1), until=now + span, span=span))


def planned(
    trigger: Trigger, after: datetime, *, until: datetime, span: timedelta
) -> Iterator[Tick]:
    """Yield one tick for each bucket in which something is due."""
    size = bucket_size(span)
    due_at = next_due(trigger, after)
    while due_at is not None and due_at <= until:
        at = bucket_of(due_at, span)
        yield Tick(at=at, state="planned")
        due_at = next_due(trigger, at + size - timedelta(microseconds=1))


def bucket_size(span: timedelta) -> timedelta:
    return 2 * span / BUCKETS


def bucket_of(moment: datetime, span: timedelta) -> datetime:
    """Return the start of the bucket of ``moment``; the same whenever it is asked."""
    size = bucket_size(span).total_seconds()
    return datetime.fromtimestamp(moment.timestamp() // size * size, UTC)
