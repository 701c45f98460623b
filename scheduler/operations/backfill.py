"""backfill: jobs for due times that are over, in a batch that may be repeated until it is whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.definitions import policies
from scheduler.exceptions import OperationRefused
from scheduler.operations import gaps
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.batches import Batch, batch_id, known_task, make
from scheduler.operations.gaps import Gaps, Stretch
from scheduler.operations.locking import locked, one_transaction, row_of
from scheduler.turn.rebuild import trigger_of
from tasks_core import clock, limits

CHUNK = 100  # jobs in one transaction: nobody else waits for long


@dataclass(slots=True, kw_only=True)
class Backfill:
    """What was found in (since, until], and what was made of it."""

    key: str
    batch: str
    since: datetime
    until: datetime  # no later than schedulers have decided
    again: bool
    due: list[datetime]  # that become jobs, or would
    recorded: int  # had become jobs before
    excluded: int  # by the calendar
    enqueued: int = 0
    declined: int = 0  # by the schedule's arguments
    starts: Mapping[datetime, datetime] = field(default_factory=dict)  # at a rate, by due time


def backfill(
    key: str,
    *,
    since: datetime,
    until: datetime,
    user: Operator = BY_CODE,
    reason: str = "",
    dry_run: bool = False,
    rate: str | None = None,
    limit: int | None = None,
    again: bool = False,
    ignore_calendar: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> Backfill:
    """
    Make a job of each due time in (since, until] that has none; the schedule stays as it is.

    They are the due times of the schedule as it is now. ``rate``, such as "10/m", lets one job
    start after the other; ``limit`` makes the oldest so many. ``again`` makes jobs also of due
    times that had become jobs; ``ignore_calendar`` of those that its calendar excludes.

    Jobs are made in transactions of a hundred, after each of which ``progress`` is told how
    many more. The same call, repeated after an interruption, makes the rest and nothing twice.
    What schedulers have not decided yet is left to them. Raises OperationRefused.
    """
    stretch = Stretch(
        since=_instant("since", since),
        until=_instant("until", until),
        again=again,
        ignore_calendar=ignore_calendar,
        limit=limit,
    )
    done = _found(key, stretch, rate=rate)
    if done.due and not dry_run:
        _note(done, user=user, reason=reason)
        for start in range(0, len(done.due), CHUNK):
            due = done.due[start : start + CHUNK]
            _make(done, due, by=name_of(user))
            progress(len(due))
    return done


def _found(key: str, stretch: Stretch, *, rate: str | None) -> Backfill:
    if stretch.since >= stretch.until:
        since, until = stretch.since.isoformat(), stretch.until.isoformat()
        raise OperationRefused(f"since={since} is not before until={until}.")
    row = row_of(key)
    known_task(row)
    # The same stretch is the same batch: it knows what it has made already.
    batch = batch_id("backfill", key, stretch.since, stretch.until, stretch.again)
    found = gaps.find(row, trigger_of(row), stretch, batch=batch)
    return Backfill(
        key=key,
        batch=batch,
        since=stretch.since,
        until=found.until,
        again=stretch.again,
        due=found.missing,
        recorded=found.recorded,
        excluded=found.excluded,
        starts={} if rate is None else _starts(found, rate),
    )


def _starts(found: Gaps, rate: str) -> dict[datetime, datetime]:
    """Let one job start after the other, behind those that were made before an interruption."""
    space = limits.spacing(rate)
    first = clock.db_now(conf.database())
    if found.begun_at is not None:
        first = max(first, found.begun_at + space * found.done)
    return {due_at: first + space * number for number, due_at in enumerate(found.missing)}


@one_transaction
def _note(asked: Backfill, *, user: Operator, reason: str) -> None:
    now = clock.db_now(conf.database())
    told: dict[str, Any] = {"batch": asked.batch, "due": len(asked.due), "again": asked.again}
    told |= {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
    row = locked(asked.key)
    note("backfill", row, user=user, at=now, told=_("Backfilled"), reason=reason, **told)


def _make(asked: Backfill, due: Sequence[datetime], *, by: str) -> None:
    enqueued, declined = _made(asked, due, by=by)
    asked.enqueued += enqueued
    asked.declined += declined


@one_transaction
def _made(asked: Backfill, due: Sequence[datetime], *, by: str) -> tuple[int, int]:
    row = locked(asked.key)
    now = clock.db_now(conf.database())
    # Somebody else may have made some of them since they were found.
    due = gaps.unmade(row.key, due, batch=asked.batch, again=asked.again)
    batch = Batch(id=asked.batch, by=by, now=now, starts=asked.starts)
    return make(row, due, batch, trigger=trigger_of(row))


def _instant(name: str, value: datetime) -> datetime:
    moment = policies.moment(name, value)
    if moment is None:
        raise OperationRefused(f"A backfill needs {name}=, a datetime.")
    return moment
