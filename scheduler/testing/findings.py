"""What a journey has left in the database: schedules, the ledger, jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler import conf, declarations
from scheduler.due.gates import MICROSECOND
from scheduler.models import Occurrence, Schedule
from scheduler.testing import telling
from scheduler.testing.travel import TravelClock
from scheduler.turn.rebuild import trigger_of
from tasks_core import job_backends
from tasks_core.conf import did_you_mean
from tasks_core.models import Job


class Findings:
    """What was decided since the journey of ``clock`` began. A key that is not there fails."""

    def __init__(self, clock: TravelClock) -> None:
        self.clock = clock
        self.alias = conf.database()

    def ledger(self, key: str | None = None) -> list[Occurrence]:
        lived = (self.clock.started_at, self.clock.moment)
        rows = Occurrence.objects.using(self.alias).filter(recorded_at__range=lived)
        if key is not None:
            rows = rows.filter(schedule_key=self.schedule(key).key)
        return list(rows.order_by("due_at", "schedule_key", "batch"))

    def planned(self, key: str | None = None) -> list[Occurrence]:
        """Return what the scheduler made by itself: no manual runs, no backfills."""
        return [row for row in self.ledger(key) if not row.batch]

    def due_times(self, key: str) -> list[datetime]:
        return [row.due_at for row in self.planned(key) if row.job_id is not None]

    def jobs(self, key: str | None = None) -> list[Job]:
        return list(self.jobs_of(self.ledger(key)).values())

    def jobs_of(self, rows: Iterable[Occurrence]) -> dict[UUID, Job]:
        """Return the jobs of these occurrences by id, in their order; pruned ones are missing."""
        ids = [row.job_id for row in rows if row.job_id is not None]
        found: dict[UUID, Job] = {}
        for database in self._databases():
            found |= Job.objects.using(database).in_bulk(ids)
        return {each: found[each] for each in ids if each in found}

    def jobs_made(self, keys: Collection[str]) -> Counter[tuple[str, datetime]]:
        """Count the planned jobs there are for each key and due time, whatever the ledger says."""
        ledger = Occurrence.objects.using(self.alias).filter(schedule_key__in=keys)
        by_hand = set(ledger.exclude(batch="").values_list("job_id", flat=True))
        made: Counter[tuple[str, datetime]] = Counter()
        for database in self._databases():
            jobs = Job.objects.using(database).filter(label__in=keys)
            for job_id, context in jobs.values_list("pk", "context"):
                if "scheduled_for" in context and job_id not in by_hand:
                    made[context["key"], datetime.fromisoformat(context["scheduled_for"])] += 1
        return made

    def occurrence(self, key: str, at: datetime) -> Occurrence | None:
        """Return what became of the due time ``at``; one row covers many skips of one reason."""
        for row in self.planned(key):
            if at in (row.due_at, row.until_at):
                return row
            if row.due_at < at < row.until_at:
                is_due = trigger_of(self.schedule(key)).next_after(at - MICROSECOND) == at
                return row if is_due else None
        return None

    def schedule(self, key: str) -> Schedule:
        schedules = Schedule.objects.using(self.alias)
        row = schedules.filter(key=key).first()
        if row is None:
            raise AssertionError(_unknown(key, sorted(schedules.values_list("key", flat=True))))
        if row.watermark > self.clock.moment:
            until = telling.moment(row.watermark, self.clock.zone)
            raise AssertionError(
                f"{key!r} was decided until {until} before this journey came there, so nothing "
                "is due earlier. Begin later, or make the schedule inside the journey."
            )
        return row

    def _databases(self) -> set[str]:
        used: Any = Schedule.objects.using(self.alias).values_list("backend", flat=True).distinct()
        databases = {job_backends[each].database for each in set(used) & set(job_backends)}
        return {each for each in databases if each is not None}


def _unknown(key: str, known: list[str]) -> str:
    refused = [str(each) for each in declarations.read()[1] if each.key in {key, ""}]
    why = " ".join(refused) or did_you_mean(key, known).strip()
    there = ", ".join(map(repr, known[:20])) or "none"
    return " ".join(
        filter(None, (f"There is no schedule {key!r:.80}.", why, f"There are: {there}."))
    )
