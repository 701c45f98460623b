"""
Ten thousand schedules as a day of work leaves them.

Each has run before: its last job has ended, which the default overlap policy asks for, and is in
the ledger. They were decided by the hundred, so that so many share a watermark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from tests.benchmarks.peers.base import JOBS
from tests.benchmarks.peers.tasks_core import key_of

TASK = f"{JOBS}.tasks.noop"
CHUNK = 1000
DECIDED_TOGETHER = 100
BETWEEN = timedelta(milliseconds=5)
Line = tuple[int, str]  # number of the schedule, cron expression


def store(lines: Iterable[Line], *, ran_at: datetime) -> None:
    """Store schedules of ``source=database``, and of each the run that ended at ``ran_at``."""
    from scheduler.models import Schedule

    each = iter(lines)
    while chunk := list(islice(each, CHUNK)):
        Schedule.objects.bulk_create(schedule(line, ran_at=ran_at) for line in chunk)
        _store_runs([number for number, _ in chunk], ran_at=ran_at)


def schedule(line: Line, *, ran_at: datetime) -> Any:
    """Return the row of one schedule, not saved: all its policies are the defaults."""
    from scheduler.models import Schedule

    number, expression = line
    spec, next_due_at = _due_after(expression, ran_at)
    return Schedule(
        key=key_of(number),
        task=TASK,
        trigger=spec,
        timezone="UTC",
        args=[number],
        definition_hash=f"{number:064x}",
        watermark=ran_at + BETWEEN * (number // DECIDED_TOGETHER),
        floor=ran_at - timedelta(days=1),
        known_since=ran_at - timedelta(days=1),
        next_due_at=next_due_at,
        last_due_at=ran_at,
    )


def varied(lines: Iterable[Line], *, at: datetime) -> Iterator[Line]:
    """Give each schedule that is due at ``at`` an expression that hardly any other has."""
    hours = [hour for hour in range(24) if hour != at.hour]
    for number, _ in lines:
        some = {at.hour, hours[number % 23], hours[number // 23 % 23]}
        days = {at.day, number // 529 % 28 + 1}
        columns = (",".join(map(str, sorted(column))) for column in (some, days))
        yield number, f"{at.minute} {' '.join(columns)} * *"


@cache
def _due_after(expression: str, moment: datetime) -> tuple[str, datetime | None]:
    from scheduler.triggers import Cron

    trigger = Cron(expression, "UTC")
    return trigger.spec(), trigger.next_after(max(moment, datetime.now(UTC)))


def _store_runs(numbers: Sequence[int], *, ran_at: datetime) -> None:
    from scheduler.models import Occurrence
    from tasks_core import Call, background, ids
    from tasks_core.models import Job
    from tests.benchmarks.peers.jobs.tasks import noop

    calls = [
        Call(noop, [number], id=ids.occurrence_id(key_of(number), ran_at), label=key_of(number))
        for number in numbers
    ]
    background.enqueue_many(calls)
    jobs = Job.rows.filter(pk__in=[call.id for call in calls])
    jobs.update(state="successful", finished_at=ran_at, attempts=1)
    Occurrence.objects.bulk_create(
        Occurrence(
            schedule_key=call.label,
            due_at=ran_at,
            until_at=ran_at,
            outcome="enqueued",
            job_id=call.id,
            recorded_at=ran_at,
            job_state="successful",
            ended_at=ran_at,
        )
        for call in calls
    )
