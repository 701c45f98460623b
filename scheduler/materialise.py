"""
Decisions -> occurrences and jobs, in the caller's transaction. The only writer of the ledger.

A schedule's row is locked while its due times are decided, and its watermark moves only in the
transaction that stores what was decided: a process may die at any instruction, any number of
them may be at work, and still each due time is decided once. The unique key of the ledger is
the witness, not the method.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.dispatch import receiver

from scheduler import conf, signals
from scheduler.choices import Outcome, Reason
from scheduler.exceptions import SchedulerError
from scheduler.models import Occurrence, Schedule
from scheduler.planner import Decision
from scheduler.tick.work import Work, call_of, occurrence_of
from tasks_core import Call, background, clock
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.signals import JobEnd, jobs_ended

# The watermark as it was read; then watermark, next_due_at and last_due_at as they shall be.
_Move = tuple[datetime, datetime, datetime | None, datetime | None]


class WatermarkMoved(SchedulerError):
    """Somebody else decided the same due times; this transaction is rolled back."""


def record(alias: str, work: Sequence[Work], *, now: datetime, recorded_by: str) -> None:
    """Store what was decided about locked schedules, and move their watermarks."""
    if not work:
        return
    recorded = {"recorded_at": now, "recorded_by": recorded_by}
    shared = _share_rows(alias, work, **recorded)
    Occurrence.objects.using(alias).bulk_create(
        occurrence_of(each.row, decision, **recorded)
        for each in work
        for decision in each.decisions[each.row.key in shared :]
    )
    calls: dict[str, list[Call]] = defaultdict(list)
    for each in work:
        calls[each.row.backend] += [call_of(each, decision) for decision in each.jobs]
    for backend, made in calls.items():
        background.on(backend).enqueue_many(made)
    _advance(alias, work)


def record_missed(row: Schedule, due_at: datetime, *, now: datetime, recorded_by: str = "") -> None:
    """Record a due time that was over before its schedule was first seen, once."""
    alias = conf.database()
    missed = Decision(
        due_at=due_at, until_at=due_at, outcome=Outcome.SKIPPED, reason=Reason.MISSED_WINDOW
    )
    ledger = Occurrence.objects.using(alias)
    if ledger.filter(schedule_key=row.key, due_at=due_at, batch="").exists():
        return
    occurrence_of(row, missed, recorded_at=now, recorded_by=recorded_by).save(using=alias)
    told = partial(signals.schedule_missed.send_robust, sender=Schedule, key=row.key, due_at=due_at)
    transaction.on_commit(told, using=alias)


@receiver(jobs_ended)
def note_ends(ends: Iterable[JobEnd], **kwargs: Any) -> None:
    """Write into the ledger how scheduled jobs ended: one UPDATE per state and instant."""
    groups: dict[tuple[str, datetime], list[UUID]] = defaultdict(list)
    for end in ends:
        if "scheduled_for" in end.context:
            groups[end.state, end.at].append(end.id)
    for (state, at), job_ids in groups.items():
        note_end(job_ids, state=state, at=at)


def note_end(job_ids: Sequence[UUID], *, state: str, at: datetime) -> None:
    if job_ids:
        jobs = Occurrence.objects.using(conf.database()).filter(job_id__in=job_ids)
        jobs.update(job_state=state, ended_at=at)


def forget(ids: Sequence[int], *, older_than: timedelta) -> int:
    """
    Delete those ledger rows that lie below their schedule's watermark by more than that.

    The watermark of a schedule that is retired or disabled stands still; now counts instead.

    The schedule's floor rises with them, so that what was forgotten is never made again.
    """
    alias = conf.database()
    return in_transaction(alias, partial(_forget, alias, ids, older_than=older_than))


def _forget(alias: str, ids: Sequence[int], *, older_than: timedelta) -> int:
    now = clock.db_now(alias)
    rows = list(Occurrence.objects.using(alias).filter(pk__in=ids))
    keys = {row.schedule_key for row in rows}
    locked = Schedule.objects.using(alias).filter(key__in=keys).order_by("key").select_for_update()
    schedules = {schedule.key: schedule for schedule in locked}
    gone: list[int] = []
    for row in rows:
        schedule = schedules.get(row.schedule_key)
        if schedule is None:
            gone.append(row.pk)
            continue
        stands = schedule.retired_at is not None or not schedule.enabled
        if row.until_at < (now if stands else schedule.watermark) - older_than:
            gone.append(row.pk)
            schedule.floor = max(schedule.floor, row.until_at)
    Schedule.objects.using(alias).bulk_update(schedules.values(), ["floor"])
    return Occurrence.objects.using(alias).filter(pk__in=gone).delete()[0]


def _share_rows(alias: str, work: Sequence[Work], **recorded: Any) -> set[str]:
    """Let a skip that goes on for the same reason share the row; return the keys that do."""
    going_on = {each.row.key: each for each in work if each.decisions and each.decisions[0].reason}
    return {
        last.schedule_key
        for last in _last_rows(alias, list(going_on))
        if _extend(alias, last, going_on[last.schedule_key], **recorded)
    }


def _last_rows(alias: str, keys: Sequence[str]) -> Iterable[Occurrence]:
    """Return the newest ledger row of each schedule; one index look-up per key."""
    if not keys:
        return []
    of_schedule = Occurrence.objects.filter(schedule_key=OuterRef("key"), batch="")
    newest = Subquery(of_schedule.order_by("-due_at").values("pk")[:1])
    schedules = Schedule.objects.using(alias).filter(key__in=keys).annotate(newest=newest)
    newest_ids = list(schedules.values_list("newest", flat=True))
    return Occurrence.objects.using(alias).filter(pk__in=newest_ids)


def _extend(alias: str, last: Occurrence, work: Work, **recorded: Any) -> bool:
    skip = work.decisions[0]
    if (last.reason, last.definition_hash) != (skip.reason, work.row.definition_hash):
        return False
    both = None if last.count is None or skip.count is None else last.count + skip.count
    unchanged = Occurrence.objects.using(alias).filter(pk=last.pk, until_at=last.until_at)
    if not unchanged.update(until_at=skip.until_at, count=both, **recorded):
        raise WatermarkMoved(work.row.key)
    _tell_overlaps(alias, work, before=last.count, after=both)
    return True


def _tell_overlaps(alias: str, work: Work, *, before: int | None, after: int | None) -> None:
    limit = conf.tuning().overlaps_in_a_row
    if work.decisions[0].reason == Reason.OVERLAP and (before or 0) < limit <= (after or 0):
        told = partial(
            signals.schedule_overlapping.send_robust,
            sender=Schedule,
            key=work.row.key,
            count=after,
        )
        transaction.on_commit(told, using=alias)


def _advance(alias: str, work: Sequence[Work]) -> None:
    """Move the watermarks, each from where it was read: the last proof that nobody else did."""
    groups: dict[_Move, list[Schedule]] = defaultdict(list)
    for each in work:
        move = (each.row.watermark, each.plan.watermark, each.plan.next_due_at, each.last_due_at)
        groups[move].append(each.row)
    # Schedules that share their minutes share a statement.
    for (before, watermark, next_due_at, last_due_at), rows in groups.items():
        unmoved = Schedule.objects.using(alias).filter(
            key__in=[row.key for row in rows],
            definition_hash__in={row.definition_hash for row in rows},
            watermark=before,
        )
        moved = unmoved.update(
            watermark=watermark,
            next_due_at=next_due_at,
            last_due_at=last_due_at,
            error="",
            error_count=0,
        )
        if moved != len(rows):
            raise WatermarkMoved(f"{len(rows) - moved} of {len(rows)} schedules changed meanwhile.")
