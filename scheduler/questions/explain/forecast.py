"""What a scheduler that started now would decide about one schedule; nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from scheduler import conf, planner
from scheduler.choices import Outcome
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.questions.explain.moments import utc
from scheduler.turn.busy import busy_jobs
from scheduler.turn.gates import Gates
from scheduler.turn.rebuild import trigger_of
from scheduler.turn.work import standing
from tasks_core.backends.database.questions.findings import counted

LONGEST = 200  # characters of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Jobs by their due times, and how many due times are skipped for each reason."""

    jobs: list[datetime] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    computed: str = ""  # what computes the arguments of its jobs, and may decline them
    waits: bool = False
    cancels: bool = False
    previous: UUID | None = None  # the previous job, if it has not ended
    problem: str = ""  # why nothing would be decided

    def __str__(self) -> str:
        if self.problem:
            return f"nothing: {self.problem}"
        words = [counted(len(self.jobs), "job", "jobs")] if self.jobs else []
        if 0 < len(self.jobs) <= 3:  # noqa: PLR2004
            words = [f"{words[0]} (due {', '.join(map(utc, self.jobs))})"]
        if self.jobs and self.computed:
            words = [f"{words[0]}, unless {self.computed} declines"]
        words += [f"{count} skipped ({reason})" for reason, count in self.skipped.items()]
        words += ["one waits for the previous job to end"] * self.waits
        words += ["the previous job would be cancelled"] * self.cancels
        return ", ".join(words) or "nothing is due"


def forecast(row: Schedule, *, now: datetime) -> Forecast:
    """Return what would become of all that is due until now. Calls no arguments of the project."""
    alias = conf.database()
    if row.retired_at is not None or not row.enabled:
        return Forecast(problem="it is retired." if row.retired_at else "it is disabled.")
    if row.quarantined_at is not None:
        return Forecast(problem=f"it is in quarantine since {utc(row.quarantined_at)}.")
    if row.next_due_at is None:
        return Forecast(problem=_ended(row))
    if row.error_count and row.next_due_at > now:
        again = f"it failed, and is tried again at {utc(row.next_due_at)}"
        return Forecast(problem=f"{again}: {row.error[:LONGEST]}")
    try:
        gates = Gates(alias, [row], now=now).of(row)
        trigger = trigger_of(row)
    except SchedulerError as error:
        return Forecast(problem=str(error))
    busy = busy_jobs(alias, [row], now=now).get(row.key)
    stands = standing(row, gates=gates, busy=busy is not None)
    plan = planner.plan(stands, trigger, now=now, on_time=conf.tuning().on_time)
    skipped: Counter[str] = Counter()
    for each in plan.decisions:
        if each.outcome == Outcome.SKIPPED:
            skipped[str(each.reason)] += each.count or 1
    return Forecast(
        jobs=[each.due_at for each in plan.decisions if each.outcome == Outcome.ENQUEUED],
        computed=" or ".join(filter(None, [row.args_from, row.kwargs_from])),
        skipped=dict(skipped),
        waits=plan.waits,
        cancels=plan.cancels,
        previous=busy,
    )


def _ended(row: Schedule) -> str:
    if row.max_runs is not None and row.runs >= row.max_runs:
        return f"it has had its {counted(row.max_runs, 'run', 'runs')}."
    return "it is never due again."
