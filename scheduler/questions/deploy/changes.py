"""What would become of one schedule: its columns, when it is due next, and how often."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduler.definitions import overrides, takeover, verdicts, versions
from scheduler.definitions.entry import Declaration
from scheduler.definitions.hashes import as_json
from scheduler.due.questions import first_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.questions.deploy.costs import Rates
from scheduler.triggers import At, Trigger
from scheduler.turn.rebuild import shaped, trigger_of

REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One schedule before and after; ``does`` is a verdict of a sync, or "refused".

    ``columns`` are those that change, as (from, to); runs are those of an average day, None
    where this process does not know the trigger.
    """

    key: str
    does: str
    why: str = ""  # it is refused
    former: str = ""  # the key that it is renamed from
    task: str = ""
    trigger: str = ""
    columns: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    next_before: datetime | None = None
    next_after: datetime | None = None
    runs_before: float | None = 0.0
    runs_after: float | None = 0.0
    seconds_per_run: float | None = None
    warning: str = ""


def created(declaration: Declaration, *, rates: Rates) -> Change:
    trigger = shaped(declaration.trigger, declaration)
    return Change(
        key=declaration.key,
        does=verdicts.CREATED,
        task=declaration.task,
        trigger=_spec(declaration),
        **_after(trigger, enabled=declaration.enabled, start=rates.now, rates=rates),
    )


def changed(row: Schedule, declaration: Declaration, *, does: str, rates: Rates) -> Change:
    """Return what ``declaration`` makes of ``row``, its own or the one that it is renamed from."""
    columns = verdicts.columns(row, declaration)
    later = copy(row)
    for name, value in columns.items():
        setattr(later, name, value)
    declared = overrides.trigger(row, declaration)
    trigger = trigger_of(later) if declared is None else shaped(declared, later)
    is_anew = takeover.is_rescheduled(row, columns) or not row.enabled or row.retired_at is not None
    start = max(rates.now, row.watermark) if is_anew else row.watermark
    return Change(
        key=declaration.key,
        does=does,
        former=row.key if row.key != declaration.key else "",
        task=declaration.task,
        trigger=later.trigger,
        columns=_differences(row, later),
        next_before=row.next_due_at,
        runs_before=_runs_of(row, rates),
        **_after(
            trigger, enabled=later.enabled and not takeover.is_over(later), start=start, rates=rates
        ),
    )


def retired(row: Schedule, *, rates: Rates) -> Change:
    return Change(
        key=row.key,
        does=verdicts.RETIRED,
        task=row.task,
        trigger=row.trigger,
        next_before=row.next_due_at,
        runs_before=_runs_of(row, rates),
    )


def _after(trigger: Trigger, *, enabled: bool, start: datetime, rates: Rates) -> dict[str, Any]:
    if not enabled:
        return {}
    due_at = first_due(trigger, start)
    if due_at is not None:
        return {"next_after": due_at, "runs_after": rates.of(trigger)}
    is_over = isinstance(trigger, At)
    return {"warning": "is over: it will not run" if is_over else "is never due"}


def _differences(row: Schedule, later: Schedule) -> dict[str, tuple[Any, Any]]:
    before, after = (as_json(versions.definition_of(each)) for each in (row, later))
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _runs_of(row: Schedule, rates: Rates) -> float | None:
    if row.next_due_at is None:
        return 0.0
    try:
        return rates.of(trigger_of(row))
    except SchedulerError:
        return None


def _spec(declaration: Declaration) -> str:
    return str(declaration.definition()["trigger"])
