"""Locked rows -> what there is to store for them: plans, ledger rows and calls. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler import conf, planner
from scheduler.choices import Outcome
from scheduler.exceptions import InvalidSchedule, SchedulerError
from scheduler.models import Occurrence, Schedule
from scheduler.planner import Decision, Plan, Standing
from scheduler.tick.busy import busy_keys
from scheduler.tick.rebuild import NotOurs, task_of, trigger_of
from tasks_core import Call, Task, ids, job_backends
from tasks_core.exceptions import UnknownTask


class ScheduleFailed(SchedulerError):
    """The code of one schedule raised ``__cause__``, whatever that is; the database is well."""


@dataclass(frozen=True, slots=True)
class Work:
    """One schedule, the task it runs, and what was decided about it."""

    row: Schedule
    task: Task[..., Any] | None
    plan: Plan

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return self.plan.decisions

    @property
    def jobs(self) -> list[Decision]:
        return [each for each in self.decisions if each.outcome == Outcome.ENQUEUED]

    @property
    def last_due_at(self) -> datetime | None:
        return self.jobs[-1].due_at if self.jobs else self.row.last_due_at


def work_on(
    alias: str, rows: Sequence[Schedule], *, now: datetime
) -> tuple[list[Work], dict[str, str]]:
    """
    Return the work on ``rows``, and why some are left to processes that know them.

    Raises ScheduleFailed for the first wrong schedule. This runs the code of triggers, and
    imports tasks, while the rows are locked: a trigger that is slow delays its whole batch.
    """
    left_alone: dict[str, str] = {}
    known = []
    for row in rows:
        try:
            with _failing_alone(row):
                known.append((row, task_of(row), trigger_of(row)))
                _refuse_elsewhere(alias, row)
        except NotOurs as error:
            left_alone[row.key] = str(error)
    busy = busy_keys([row for row, _, _ in known], now=now)
    on_time = conf.tuning().on_time
    work = []
    for row, task, trigger in known:
        with _failing_alone(row):
            overlaps = row.key in busy
            plan = planner.plan(standing(row), trigger, now=now, busy=overlaps, on_time=on_time)
        work.append(Work(row, task, plan))
    return work, left_alone


@contextmanager
def _failing_alone(row: Schedule) -> Iterator[None]:
    """Run other people's code: what it raises, a database error or an exit, is the schedule's."""
    try:
        yield
    except (NotOurs, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ScheduleFailed(f"{row.key!r}: {type(error).__name__}") from error


def standing(row: Schedule) -> Standing:
    return Standing(
        watermark=row.watermark,
        catch_up=row.catch_up,
        catch_up_limit=row.catch_up_limit,
        catch_up_window=row.catch_up_window,
        overlap=row.overlap,
        paused=row.is_paused_at(row.watermark),
        paused_since=row.paused_at,
        paused_until=row.paused_until,
    )


def job_id(row: Schedule, decision: Decision) -> UUID:
    """Return the id that every process derives for this occurrence's job."""
    return ids.occurrence_id(row.key, decision.due_at)


def occurrence_of(row: Schedule, decision: Decision, **recorded: Any) -> Occurrence:
    """Return the ledger row, not saved."""
    enqueued = decision.outcome == Outcome.ENQUEUED
    return Occurrence(
        schedule_key=row.key,
        due_at=decision.due_at,
        until_at=decision.until_at,
        count=decision.count,
        outcome=decision.outcome,
        reason=decision.reason,
        job_id=job_id(row, decision) if enqueued else None,
        definition_hash=row.definition_hash,
        **recorded,
    )


def call_of(work: Work, decision: Decision) -> Call:
    """Return the call of a decided job: the row's options, and the context that it may ask for."""
    row, task = work.row, work.task
    if task is None:
        raise UnknownTask(f"{row.task!r:.200} was not resolved.")
    # What else the task declares (a timeout) counts; but an occurrence has an identity of its
    # own, and a key would make it share another's job.
    declared = {name: value for name, value in task.options.items() if name != "key"}
    options = declared | {
        "queue": row.queue,
        "priority": row.priority,
        "max_attempts": row.max_attempts,
        "label": row.key,
    }
    return Call(
        # Without its own options: the row decides, also where it says what is the default.
        replace(task, options={}, when=None),
        row.args,
        row.kwargs,
        id=job_id(row, decision),
        context=context_of(row, decision),
        **options,
    )


def context_of(row: Schedule, decision: Decision) -> dict[str, Any]:
    """Return what the job is told about its due time, as JSON; see ``JobContext``."""
    return {
        "key": row.key,
        "scheduled_for": decision.due_at.isoformat(),
        "previous": decision.previous.isoformat() if decision.previous else None,
        "next": decision.next.isoformat() if decision.next else None,
        "is_catch_up": decision.is_catch_up,
        "is_backfill": False,
    }


def _refuse_elsewhere(alias: str, row: Schedule) -> None:
    """Raise for a backend that could not store the job in the ledger's own transaction."""
    backend = job_backends[row.backend]
    if backend.database != alias:
        raise InvalidSchedule(
            f"{backend} keeps its jobs outside the database {alias!r}, where the ledger is."
        )
