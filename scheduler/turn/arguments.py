"""Arguments that are computed for each job, by callables that schedules declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler.choices import Outcome, Reason
from scheduler.definitions.computed import SKIP, call
from scheduler.due.questions import first_due
from scheduler.exceptions import InvalidSchedule
from scheduler.planner import Decision, Plan
from scheduler.turn.due import Row
from scheduler.turn.rebuild import computed_of, trigger_of
from tasks_core.context import JobContext

Arguments = tuple[Sequence[Any], Mapping[str, Any]]
NO_JOB = UUID(int=0)  # there is none yet


def with_arguments(row: Row, plan: Plan) -> tuple[Plan, dict[datetime, Arguments]]:
    """
    Return the arguments of the plan's jobs by due time, and the plan without those declined.

    Nothing for a schedule whose arguments are written in its row.
    """
    if not (row.args_from or row.kwargs_from):
        return plan, {}
    found: dict[datetime, Arguments] = {}
    decisions = []
    for decision in plan.decisions:
        if decision.outcome == Outcome.ENQUEUED:
            arguments = computed(row, decision)
            if arguments is None:
                decisions.append(_declined(decision))
                continue
            found[decision.due_at] = arguments
        decisions.append(decision)
    plan = replace(plan, decisions=tuple(decisions), cancels=plan.cancels and bool(found))
    declined = any(each.reason == Reason.DECLINED for each in decisions)
    return _not_ended(row, plan) if declined and row.max_runs is not None else plan, found


def _not_ended(row: Row, plan: Plan) -> Plan:
    """Return the plan without its end: what was declined was no run, and others may follow."""
    kept = tuple(each for each in plan.decisions if each.reason != Reason.ENDED)
    watermark = plan.watermark if kept == plan.decisions else kept[-1].until_at
    made = sum(each.outcome == Outcome.ENQUEUED for each in kept)
    if row.runs + made >= (row.max_runs or 0):
        return plan
    next_due_at = first_due(trigger_of(row), watermark)
    return replace(plan, decisions=kept, watermark=watermark, next_due_at=next_due_at)


def computed(row: Row, decision: Decision) -> Arguments | None:
    """Return the arguments for one due time, or None if one of the callables returns SKIP."""
    due = JobContext(
        job_id=NO_JOB,
        attempt=0,
        max_attempts=row.max_attempts or 0,
        queue=row.queue,
        scheduled_for=decision.due_at,
        key=row.key,
        previous=decision.previous,
        next=decision.next,
        is_catch_up=decision.is_catch_up,
    )
    args = call(computed_of(row, row.args_from), due) if row.args_from else row.args
    kwargs = call(computed_of(row, row.kwargs_from), due) if row.kwargs_from else row.kwargs
    if args is SKIP or kwargs is SKIP:
        return None
    if not isinstance(args, (list, tuple)):
        raise InvalidSchedule(
            f"args={row.args_from} returned {type(args).__name__}, not a list or SKIP."
        )
    if not isinstance(kwargs, Mapping):
        raise InvalidSchedule(
            f"kwargs={row.kwargs_from} returned {type(kwargs).__name__}, not a dict or SKIP."
        )
    return args, kwargs


def _declined(decision: Decision) -> Decision:
    return replace(decision, outcome=Outcome.SKIPPED, reason=Reason.DECLINED, is_catch_up=False)
