"""The due times of a stretch that a backfill is to make jobs of, and why not of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile

from django.db.models import Count, Min

from scheduler import conf
from scheduler.choices import Outcome, Reason
from scheduler.due.gates import Gate, closed_at
from scheduler.due.protocol import Trigger, due_times
from scheduler.exceptions import OperationRefused
from scheduler.models import Occurrence, Schedule
from scheduler.turn.gates import Gates
from tasks_core import clock

PAGE = 500  # due times that are looked up in the ledger at once
MOST = 100_000  # due times that one backfill looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which due times a backfill is about: those in (since, until]."""

    since: datetime
    until: datetime
    again: bool = False  # also what has become jobs before
    ignore_calendar: bool = False
    limit: int | None = None  # the oldest so many


@dataclass(slots=True, kw_only=True)
class Gaps:
    """The due times of a stretch, by what there is to do about them."""

    until: datetime  # as far as they are decided
    missing: list[datetime] = field(default_factory=list)  # to become jobs, oldest first
    recorded: int = 0  # had become jobs before
    excluded: int = 0  # by the calendar
    done: int = 0  # recorded by this batch, before it was interrupted
    begun_at: datetime | None = None  # when it recorded the first


def find(row: Schedule, trigger: Trigger, stretch: Stretch, *, batch: str) -> Gaps:
    """Return what there is to make in ``batch``. Raises OperationRefused if it is too much."""
    gaps = Gaps(until=min(stretch.until, _decided_until(row)))
    own = Occurrence.objects.using(conf.database()).filter(schedule_key=row.key, batch=batch)
    gaps.done, gaps.begun_at = own.aggregate(n=Count("pk"), at=Min("recorded_at")).values()
    gates = () if stretch.ignore_calendar else _calendars(row)
    for page in _pages(trigger, since=stretch.since, until=gaps.until):
        allowed = [due_at for due_at in page if closed_at(gates, due_at) is None]
        missing = unmade(row.key, allowed, batch=batch, again=stretch.again)
        gaps.excluded += len(page) - len(allowed)
        gaps.recorded += len(allowed) - len(missing)
        gaps.missing += missing
        if stretch.limit is not None and len(gaps.missing) >= stretch.limit:
            del gaps.missing[stretch.limit :]
            break
    return gaps


def unmade(key: str, due: Sequence[datetime], *, batch: str, again: bool) -> list[datetime]:
    """Return those of ``due``, which are in order, that have no job yet, or none of ``batch``."""
    if not due:
        return []
    recorded = Occurrence.objects.using(conf.database()).filter(
        schedule_key=key, due_at__gte=due[0], due_at__lte=due[-1]
    )
    made = {
        due_at
        for due_at, of, outcome in recorded.values_list("due_at", "batch", "outcome")
        if of == batch or (outcome == Outcome.ENQUEUED and not again)
    }
    return [due_at for due_at in due if due_at not in made]


def _decided_until(row: Schedule) -> datetime:
    """Return until when no scheduler will make a job any more of what was due."""
    is_at_rest = row.retired_at is not None or not row.enabled
    return clock.db_now(conf.database()) if is_at_rest else row.watermark


def _calendars(row: Schedule) -> tuple[Gate, ...]:
    alias = conf.database()
    gates = Gates(alias, [row], now=clock.db_now(alias)).of(row)
    return tuple(gate for gate in gates if gate.reason == Reason.CALENDAR)


def _pages(trigger: Trigger, *, since: datetime, until: datetime) -> Iterator[list[datetime]]:
    due = takewhile(lambda due_at: due_at <= until, due_times(trigger, since))
    for _ in range(0, MOST, PAGE):
        page = list(islice(due, PAGE))
        if not page:
            return
        yield page
    if next(due, None) is not None:
        raise OperationRefused(
            f"More than {MOST} due times lie in that stretch. Name a shorter one, or a limit."
        )
