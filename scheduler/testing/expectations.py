"""What a test expects of a journey. Says what it found instead, so that a person can act on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NoReturn

from scheduler.choices import Reason
from scheduler.models import Occurrence
from scheduler.testing import telling
from scheduler.testing.findings import Findings
from scheduler.testing.travel import TravelClock
from tasks_core.conf import did_you_mean
from tasks_core.models import Job


class Expectations:
    """Each method fails as an assertion does, unless the journey of ``clock`` went as it says."""

    def __init__(self, clock: TravelClock) -> None:
        self.clock = clock
        self.findings = Findings(clock)

    def due(self, key: str, expected: Sequence[datetime]) -> None:
        __tracebackhide__ = True
        found, wanted = Counter(self.findings.due_times(key)), Counter(expected)
        if found == wanted:
            return
        missing, extra = (sorted(each.elements()) for each in (wanted - found, found - wanted))
        lines = [f"  missing     {self._told(each)}" for each in missing]
        lines += [f"  unexpected  {self._told(each)}" for each in extra]
        headline = f"{key!r} became jobs at other due times than expected:"
        self._fail(key, headline, *lines, near=min([*missing, *extra]))

    def not_due(self, key: str, moments: Sequence[datetime]) -> None:
        __tracebackhide__ = True
        self._refuse_undecided(key, moments)
        was_due = [at for at in moments if self.findings.occurrence(key, at)]
        if not moments:
            was_due = [row.due_at for row in self.findings.planned(key)]
        if was_due:
            self._fail(key, f"{key!r} was due at {self._told(was_due[0])}.", near=was_due[0])

    def skipped(self, key: str, at: datetime, *, reason: str | None) -> Occurrence:
        __tracebackhide__ = True
        if reason is not None and reason not in Reason.values:
            raise ValueError(
                f"{reason!r:.80} is no reason.{did_you_mean(reason, Reason.values)} "
                f"Reasons are {', '.join(Reason.values)}."
            )
        row = self.findings.occurrence(key, at)
        what = f"{key!r} was not skipped at {self._told(at)}"
        if row is None:
            self._fail(key, f"{what}: nothing was due then, or nobody has decided it.", near=at)
        if not row.reason:
            self._fail(key, f"{what}: it became a job.", near=at)
        if reason not in (None, row.reason):
            self._fail(key, f"{what} for {reason!s}, but for {row.reason}.", near=at)
        return row

    def job(self, key: str, at: datetime, **expected: Any) -> Job:
        __tracebackhide__ = True
        fields = [field.name for field in Job._meta.concrete_fields]
        for name in expected:
            if name not in fields:
                raise TypeError(f"A job has no {name!r:.80}.{did_you_mean(name, fields)}")
        row = self.findings.occurrence(key, at)
        if row is None or row.job_id is None:
            self._fail(key, f"{key!r} has no job for {self._told(at)}.", near=at)
        job = self.findings.jobs_of([row]).get(row.job_id)
        if job is None:
            self._fail(key, f"{key!r} had a job for {self._told(at)}; it was pruned.", near=at)
        lines = [
            f"  {name} is {getattr(job, name)!r:.300}, not {value!r:.300}"
            for name, value in expected.items()
            if getattr(job, name) != (list(value) if name == "args" else value)
        ]
        if lines:
            headline = f"{key!r} has another job for {self._told(at)} than expected:"
            self._fail(key, headline, *lines, near=at)
        return job

    def nothing_twice(self, key: str | None) -> None:
        __tracebackhide__ = True
        of_schedule: dict[str, list[Occurrence]] = defaultdict(list)
        for row in self.findings.planned(key):
            of_schedule[row.schedule_key].append(row)
        for each, rows in of_schedule.items():
            for at in _decided_twice(rows):
                self._fail(each, f"{each!r} was decided twice at {self._told(at)}.", near=at)
        for (each, at), count in sorted(self.findings.jobs_made(list(of_schedule)).items()):
            if count > 1:
                self._fail(each, f"{each!r} has {count} jobs for {self._told(at)}.", near=at)

    def _refuse_undecided(self, key: str, moments: Sequence[datetime]) -> None:
        """Fail where nothing can be said: "not due" would be true of all of the future."""
        clock, schedule = self.clock, self.findings.schedule(key)
        waiting = schedule.next_due_at
        if schedule.quarantined_at is not None:
            waiting = schedule.watermark  # whatever is due since
        for at in moments:
            if not clock.started_at <= at <= clock.moment:
                raise AssertionError(f"This journey has not been at {self._told(at)}: {clock}.")
            if waiting is not None and waiting <= at:
                since = self._told(waiting)
                self._fail(key, f"Nobody has decided {key!r} since {since}.", near=at)

    def _told(self, moment: datetime) -> str:
        return telling.moment(moment, self.clock.zone)

    def _fail(self, key: str, *lines: str, near: datetime) -> NoReturn:
        __tracebackhide__ = True
        zone, rows = self.clock.zone, self.findings.ledger(key)
        ledger = telling.ledger(rows, self.findings.jobs_of(rows), zone=zone, near=near)
        standing = telling.standing(self.findings.schedule(key), zone=zone)
        raise AssertionError("\n".join([*lines, *ledger, *standing, f"Where: {self.clock}."]))


def _decided_twice(rows: Sequence[Occurrence]) -> Iterator[datetime]:
    """Yield the due times of rows, in their order, that the row before covers as well."""
    for before, row in pairwise(rows):
        if row.due_at <= before.until_at:
            yield row.due_at
