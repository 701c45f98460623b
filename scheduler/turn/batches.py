"""What is due -> decided and recorded, one batch of schedules in one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction

from scheduler import conf, signals
from scheduler.choices import Outcome
from scheduler.materialise import WatermarkMoved, note_end, record
from scheduler.models import Occurrence, Schedule
from scheduler.turn.due import Due, read
from scheduler.turn.limits import limit_transaction, limited
from scheduler.turn.setback import set_back
from scheduler.turn.times import Times
from scheduler.turn.work import ScheduleFailed, Work, work_on
from tasks_core import clock
from tasks_core.backends.database.transactions import in_transaction, is_outage
from tasks_core.states import JobState


@dataclass(slots=True)
class Batch:
    """What one transaction did."""

    looked_at: int = 0
    enqueued: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    left_alone: dict[str, str] = field(default_factory=dict)

    def add(self, other: Batch) -> None:
        self.looked_at += other.looked_at
        self.enqueued += other.enqueued
        self.skipped += other.skipped
        self.failed += other.failed
        self.left_alone |= other.left_alone


def materialise_due(*, limit: int, recorded_by: str = "", leaving: Iterable[str] = ()) -> Batch:
    """
    Decide and store what up to ``limit`` schedules have due now.

    A schedule that cannot be stored is set back with its error, and no other is touched by it.
    ``leaving`` are keys that this process knows it cannot handle.
    """
    alias = conf.database()
    times = Times()
    run = partial(
        _batch,
        alias,
        limit=limit,
        recorded_by=recorded_by,
        leaving=tuple(leaving),
        times=times,
    )
    try:
        batch = _run(alias, run)
    except WatermarkMoved:
        return Batch()
    except Exception:
        # The database cut us off for the sake of the others; it would do so again each time.
        if times.too_slow is None:
            raise
        batch = in_transaction(alias, partial(_leave_the_slow, times, alias, limit), durable=True)
    signals.occurrences_recorded.send_robust(
        sender=Occurrence, alias=alias, enqueued=batch.enqueued, skipped=batch.skipped
    )
    return batch


def _run(alias: str, run: Callable[..., Batch]) -> Batch:
    with limited(alias):
        try:
            return in_transaction(alias, run, durable=True)
        except WatermarkMoved:
            raise
        except Exception as error:
            if is_outage(error):
                raise  # the database is away, not a schedule wrong
            # One of them is refused; which one is found by taking each apart.
            return in_transaction(alias, partial(run, apart=True), durable=True)


def _leave_the_slow(times: Times, alias: str, limit: int) -> Batch:
    done = Batch(looked_at=limit)  # as there is more to do
    row = times.too_slow
    if row is not None and set_back(row, times.why, now=clock.db_now(alias)):
        done.failed.append(row.key)
    return done


def _batch(
    alias: str,
    *,
    limit: int,
    recorded_by: str,
    leaving: Sequence[str],
    times: Times,
    apart: bool = False,
) -> Batch:
    limit_transaction(alias)
    now = clock.db_now(alias)
    # Rows that another scheduler works on are skipped, never waited for. SQLite has no row
    # locks; its IMMEDIATE transaction is the lock.
    due = Schedule.objects.using(alias).due(now).exclude(key__in=leaving)
    rows = read(due.select_for_update(skip_locked=True)[:limit])
    done = Batch(looked_at=len(rows))
    for group in [[row] for row in rows] if apart else [rows]:
        try:
            with transaction.atomic(using=alias, savepoint=apart):
                work, left_alone = _work_on(alias, group, now=now, times=times)
                record(alias, work, now=now, recorded_by=recorded_by)
        except Exception as error:
            if not apart or is_outage(error):
                raise
            if set_back(group[0], _own(error), now=now):
                done.failed.append(group[0].key)
        else:
            _count(done, work, left_alone)
    return done


def _work_on(
    alias: str, rows: Sequence[Due], *, now: datetime, times: Times
) -> tuple[list[Work], dict[str, str]]:
    """
    Return the work on ``rows``, and why some are left alone.

    Where a worker was killed before it told that the last job has failed for good, that is told
    first: whoever hears it may end the schedule, before it makes one job more.
    """
    work, left_alone = work_on(alias, rows, now=now, times=times)
    failed = [each.failed for each in work if each.failed is not None]
    if not failed:
        return work, left_alone
    note_end(failed, state=JobState.FAILED, at=now)
    still_due = Schedule.objects.using(alias).due(now).filter(key__in=[row.key for row in rows])
    return work_on(alias, read(still_due), now=now, times=times)


def _own(error: Exception) -> BaseException:
    return error.__cause__ or error if isinstance(error, ScheduleFailed) else error


def _count(done: Batch, work: Sequence[Work], left_alone: dict[str, str]) -> None:
    decisions = [decision for each in work for decision in each.decisions]
    done.enqueued += sum(each.outcome == Outcome.ENQUEUED for each in decisions)
    done.skipped += sum(each.count or 1 for each in decisions if each.reason)
    done.left_alone |= left_alone
