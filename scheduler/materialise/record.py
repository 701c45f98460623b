"""Decisions -> rows of the ledger and their jobs, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from scheduler import conf, signals
from scheduler.choices import Outcome, Reason
from scheduler.materialise.insertion import Line, insert
from scheduler.materialise.sharing import share_rows
from scheduler.materialise.watermarks import advance
from scheduler.models import Occurrence, Schedule
from scheduler.planner import Decision
from scheduler.turn.rows import call_of, occurrence_of
from scheduler.turn.work import Work
from tasks_core import Call, job_backends, outbox
from tasks_core.models import Outbox
from tasks_core.preparation import all_accepted, tasks_of


def record(alias: str, work: Sequence[Work], *, now: datetime, recorded_by: str) -> None:
    """Store what was decided about locked schedules, and move their watermarks."""
    if not work:
        return
    recorded: dict[str, Any] = {"recorded_at": now, "recorded_by": recorded_by}
    shared = share_rows(alias, work, **recorded)
    rows = (
        Line(each.row, decision)
        for each in work
        for decision in each.decisions[each.row.key in shared :]
    )
    insert(alias, rows, **recorded)
    _enqueue(alias, work, at_once=False)
    advance(alias, work)


def record_batch(alias: str, work: Work, *, now: datetime, recorded_by: str) -> int:
    """
    Store jobs that somebody asked for, in the batch that ``work`` names; return how many.

    They stand beside what the schedule does itself: no watermark moves. What is there already
    is not made again, so that an interrupted backfill may be repeated.
    """
    there = set(
        Occurrence.objects.using(alias)
        .filter(schedule_key=work.row.key, batch=work.batch)
        .filter(due_at__in=[each.due_at for each in work.decisions])
        .values_list("due_at", flat=True)
    )
    missing = tuple(each for each in work.decisions if each.due_at not in there)
    if not missing:
        return 0
    work = replace(work, plan=replace(work.plan, decisions=missing))
    recorded: dict[str, Any] = {"recorded_at": now, "recorded_by": recorded_by}
    rows = (Line(work.row, decision) for decision in missing)
    insert(alias, rows, batch=work.batch, **recorded)
    _enqueue(alias, [work], at_once=True)
    return len(work.jobs)


def _enqueue(alias: str, work: Sequence[Work], *, at_once: bool) -> None:
    calls: dict[str, list[Call]] = defaultdict(list)
    cancelled: dict[str, list[UUID]] = defaultdict(list)
    for each in work:
        if each.jobs:
            calls[each.row.backend] += [call_of(each, decision) for decision in each.jobs]
        if each.plan.cancels and each.busy:
            cancelled[each.row.backend].append(each.busy)
    for name, made in calls.items():
        backend: Any = job_backends[name]
        if backend.database == alias:  # in this transaction, also of a task that is durable
            backend.enqueue_many(all_accepted(backend, made, tasks_of(made)))
        else:  # the intent; the job when it is committed
            outbox.put_for_companion(backend, made, alias=alias, at_once=at_once)
    for name, ids in cancelled.items():
        _cancel(alias, job_backends[name], ids)


def _cancel(alias: str, backend: Any, ids: Sequence[UUID]) -> None:
    if backend.database == alias:
        backend.cancel(ids)
        return
    Outbox.objects.using(alias).filter(pk__in=ids).delete()
    if backend.supports("cancel"):
        transaction.on_commit(partial(backend.cancel, ids), using=alias, robust=True)


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
