"""Locked rows -> what there is to store for them, as values. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from scheduler import conf, planner
from scheduler.definitions.fit import refuse_unfit
from scheduler.due.gates import Gate
from scheduler.exceptions import SchedulerError
from scheduler.planner import Decision, Plan, Standing
from scheduler.triggers import Trigger
from scheduler.turn.arguments import Arguments, with_arguments
from scheduler.turn.busy import previous_jobs
from scheduler.turn.due import Row
from scheduler.turn.gates import Gates
from scheduler.turn.rebuild import NotOurs, computed_of, trigger_of
from scheduler.turn.tasks import Bare, Tasks
from scheduler.turn.times import Times


class ScheduleFailed(SchedulerError):
    """The code of one schedule raised ``__cause__``, whatever that is; the database is well."""


# What makes the trigger of a row: those that agree in it are due at the same times.
TIMING = ("trigger", "calendar_rules", "calendar_action", "start_at", "end_at")


@dataclass(slots=True)
class Work:
    """
    One schedule, the task it runs, and what was decided about it.

    A value, which nobody changes; like Call it is not frozen because thousands are made at once.
    """

    row: Row
    task: Bare | None
    plan: Plan
    busy: UUID | None = None  # the previous job, if it has not ended
    failed: UUID | None = None  # or if it has failed for good, and the ledger was not told
    computed: Mapping[datetime, Arguments] = field(default_factory=dict)  # by due time
    batch: str = ""  # of a run or a backfill that somebody asked for
    starts: Mapping[datetime, datetime] = field(default_factory=dict)  # of its jobs, by due time
    creator: Model | None = None  # who asked for it

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return self.plan.decisions

    @property
    def jobs(self) -> list[Decision]:
        return self.plan.jobs

    @property
    def last_due_at(self) -> datetime | None:
        return self.jobs[-1].due_at if self.jobs else self.row.last_due_at

    @property
    def waits_for(self) -> UUID | None:
        return self.busy if self.plan.waits else None


def work_on(
    alias: str,
    rows: Sequence[Row],
    *,
    now: datetime,
    may_wait: bool = True,
    times: Times | None = None,
) -> tuple[list[Work], dict[str, str]]:
    """
    Return the work on ``rows``, and why some are left to processes that know them.

    Raises ScheduleFailed for the first wrong schedule. This runs the code of triggers, and
    imports tasks, while the rows are locked: a trigger that is slow delays its whole batch.
    Unless they ``may_wait``, all due times are decided now. ``times`` is told how long the code
    of each took.
    """
    times = times or Times()
    left_alone: dict[str, str] = {}
    known = []
    gates, tasks = Gates(alias, rows, now=now), Tasks()
    for row in rows:
        try:
            with times.of(row), _failing_alone(row):
                refuse_unfit(row.backend)
                _ask_for_computed(row)
                known.append((row, tasks.of(row), trigger_of(row), gates.of(row)))
        except NotOurs as error:
            left_alone[row.key] = str(error)
    last_jobs = previous_jobs(alias, [row for row, *_ in known], now=now)
    plans = Plans(now)
    work = []
    for row, task, trigger, closed in known:
        job_id, has_failed = last_jobs.get(row.key, (None, False))
        busy, failed = (None, job_id) if has_failed else (job_id, None)
        with times.of(row), _failing_alone(row):
            stands = standing(row, gates=closed, busy=busy is not None, may_wait=may_wait)
            plan, computed = with_arguments(row, plans.of(stands, row, trigger))
        work.append(Work(row, task, plan, busy, failed, computed))
    return work, left_alone


class Plans:
    """The plans of one batch: schedules that stand alike are planned once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.on_time = conf.tuning().on_time
        self._made: dict[tuple[object, ...], Plan] = {}

    def of(self, stands: Standing, row: Row, trigger: Trigger) -> Plan:
        alike = (stands, *(getattr(row, name) for name in TIMING))
        if alike not in self._made:
            plan = planner.plan(stands, trigger, now=self.now, on_time=self.on_time)
            self._made[alike] = plan
        return self._made[alike]


@contextmanager
def _failing_alone(row: Row) -> Iterator[None]:
    """Run other people's code: what it raises, a database error or an exit, is the schedule's."""
    try:
        yield
    except (NotOurs, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ScheduleFailed(f"{row.key!r}: {type(error).__name__}") from error


def standing(
    row: Row, *, gates: tuple[Gate, ...] = (), busy: bool = False, may_wait: bool = True
) -> Standing:
    return Standing(
        watermark=row.watermark,
        catch_up=row.catch_up,
        catch_up_limit=row.catch_up_limit,
        catch_up_window=row.catch_up_window,
        overlap=row.overlap,
        runs_left=None if row.max_runs is None else max(0, row.max_runs - row.runs),
        gates=gates,
        paused=row.is_paused_at(row.watermark),
        paused_since=row.paused_at,
        paused_until=row.paused_until,
        busy=busy,
        waiting=row.waits_for is not None,
        may_wait=may_wait,
    )


def _ask_for_computed(row: Row) -> None:
    """Raise NotOurs for arguments that another release of the code computes."""
    for path in (row.args_from, row.kwargs_from):
        if path:
            computed_of(row, path)
