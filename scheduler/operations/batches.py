"""Due times -> jobs that an operator asked for, in a batch beside what the schedule does itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model

from scheduler import conf
from scheduler.definitions.fit import refuse_unfit
from scheduler.due.protocol import Trigger, told
from scheduler.due.questions import first_due, previous_due
from scheduler.exceptions import OperationRefused, SchedulerError
from scheduler.materialise import record_batch
from scheduler.models import Schedule
from scheduler.planner import Decision, Plan
from scheduler.turn.arguments import Arguments, with_arguments
from scheduler.turn.rebuild import NotOurs, trigger_of
from scheduler.turn.tasks import Bare, Tasks
from scheduler.turn.work import Work
from tasks_core.exceptions import UnknownTask

PAGE = 500  # due times in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What jobs are made for: whose batch it is, and what is special about its jobs."""

    id: str
    by: str
    now: datetime
    creator: Model | None = None  # who asked for its jobs, and may see them
    is_catch_up: bool = False
    arguments: Arguments | None = None  # in place of the schedule's own
    starts: Mapping[datetime, datetime] = field(default_factory=dict)  # by due time


def batch_id(verb: str, *parts: object) -> str:
    """Return the id that is the same whenever the same is asked for."""
    text = "\0".join(map(str, parts))
    return f"{verb}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def make(
    row: Schedule, due: Sequence[datetime], batch: Batch, *, trigger: Trigger | None
) -> tuple[int, int]:
    """
    Make a job of each due time of the locked row; return how many, and how many were declined.

    ``trigger`` tells the neighbours of each; None, if nobody here knows. Raises
    OperationRefused where no job can be made, and InvalidCall for arguments.
    """
    alias = conf.database()
    refuse_unfit(row.backend)
    task = known_task(row)
    enqueued = 0
    for start in range(0, len(due), PAGE):
        decisions = tuple(_decisions(trigger, due[start : start + PAGE], batch))
        plan, arguments = _with_arguments(row, batch, decisions)
        work = Work(
            row,
            task,
            plan,
            computed=arguments,
            batch=batch.id,
            starts=batch.starts,
            creator=batch.creator,
        )
        enqueued += record_batch(alias, work, now=batch.now, recorded_by=batch.by)
    return enqueued, len(due) - enqueued


def known_task(row: Schedule) -> Bare:
    """Return the row's task. Raises OperationRefused if this process may not run it."""
    try:
        return Tasks().of(row)
    except (NotOurs, UnknownTask) as error:
        raise OperationRefused(f"{row.key!r:.80} cannot run: {error}") from error


def known_trigger(row: Schedule) -> Trigger | None:
    """Return the row's trigger, or None where this process does not know it."""
    with suppress(SchedulerError):
        return trigger_of(row)
    return None


def _decisions(
    trigger: Trigger | None, due: Sequence[datetime], batch: Batch
) -> Iterator[Decision]:
    """Yield a job for each of ``due``, which are in order, with what lies before and behind it."""
    before = behind = None
    for due_at in due:
        if trigger is not None:
            # Most are neighbours; to look back costs more than to look ahead.
            before = before if behind == due_at else previous_due(trigger, due_at)
            behind = first_due(trigger, due_at)
        yield Decision(
            due_at=due_at,
            until_at=due_at,
            is_catch_up=batch.is_catch_up,
            previous=before,
            next=behind,
        )
        before = due_at


def _with_arguments(
    row: Schedule, batch: Batch, decisions: tuple[Decision, ...]
) -> tuple[Plan, Mapping[datetime, Arguments]]:
    plan = Plan(decisions=decisions, watermark=row.watermark, next_due_at=row.next_due_at)
    if batch.arguments is not None:
        return plan, dict.fromkeys((each.due_at for each in decisions), batch.arguments)
    try:
        return with_arguments(row, plan)
    except (SchedulerError, KeyboardInterrupt):
        raise
    except BaseException as error:
        why = f"The arguments of {row.key!r:.80} cannot be computed: {told(error):.200}"
        raise OperationRefused(why) from error
