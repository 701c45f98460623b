"""The one assertion of the fault tests: ledger and jobs against what had to be due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduler.models import Occurrence, Schedule
from tasks_core.models import Job
from tests.faults.kit import oracle

Oracle = Callable[..., Iterable[datetime]]  # of a key, after=, until=


@dataclass
class Books:
    """What is wrong, by the names of the invariants; empty lists all round is the aim."""

    due: int = 0
    jobs: int = 0
    skipped: int = 0
    latest: timedelta = timedelta(0)  # from due to recorded, of the job for which it was longest
    lost: list[object] = field(default_factory=list)  # due, and neither job nor skip
    duplicate: list[object] = field(default_factory=list)  # two jobs, or covered twice
    extra: list[object] = field(default_factory=list)  # a job or a row, and nothing was due
    torn: list[object] = field(default_factory=list)  # a row without its job, or the reverse
    early: list[object] = field(default_factory=list)  # recorded before it was due
    watermark: list[object] = field(default_factory=list)  # behind its own ledger

    def __str__(self) -> str:
        wrong = ", ".join(f"{len(getattr(self, name))} {name}" for name in WRONGS)
        return f"{self.due} due, {self.jobs} jobs, {self.skipped} skipped: {wrong}"


WRONGS = ("lost", "duplicate", "extra", "torn", "early", "watermark")


def audit(due_times: Oracle = oracle.due) -> Books:
    """Read everything and compare it with the oracle, schedule by schedule."""
    books = Books(jobs=Job.objects.count())
    made = Counter(_jobs())
    books.duplicate += [job for job, count in made.items() if count > 1]
    for schedule in Schedule.objects.all():
        rows = list(Occurrence.objects.filter(schedule_key=schedule.key))
        until = schedule.watermark
        due = set(due_times(schedule.key, after=schedule.known_since, until=until))
        _compare(books, schedule.key, due, rows, made)
        books.watermark += [row for row in rows if row.until_at > until]
        late = [row.recorded_at - row.due_at for row in rows if row.outcome == "enqueued"]
        books.latest = max([books.latest, *late])
    known = set(Schedule.objects.values_list("key", flat=True))
    books.extra += [job for job in made if job[0] not in known]
    return books


def assert_balanced(books: Books) -> None:
    """Raise AssertionError, with the first of each kind, unless everything was done once."""
    wrong = {name: getattr(books, name)[:3] for name in WRONGS if getattr(books, name)}
    assert not wrong, f"{books}\n{wrong}"
    assert books.due > 0


def _jobs() -> Iterator[tuple[str, datetime]]:
    for context in Job.objects.values_list("context", flat=True):
        yield context["key"], datetime.fromisoformat(context["scheduled_for"])


def _compare(
    books: Books, key: str, due: set[datetime], rows: list[Occurrence], made: Counter
) -> None:
    books.due += len(due)
    covered: Counter[datetime] = Counter()
    due_in_order = sorted(due)
    for row in rows:
        inside = due_in_order[
            bisect_left(due_in_order, row.due_at) : bisect_right(due_in_order, row.until_at)
        ]
        covered.update(inside)
        ends_are_due = {row.due_at, row.until_at} <= due
        counted = row.count in (None, len(inside))
        books.extra += [] if ends_are_due and counted else [row]
        books.early += [row] if row.recorded_at < row.due_at else []
        has_job = made[key, row.due_at] > 0
        books.torn += [row] if has_job != (row.outcome == "enqueued") else []
        books.skipped += len(inside) if row.outcome == "skipped" else 0
    books.lost += [(key, at) for at in due if not covered[at]]
    books.duplicate += [(key, at) for at, count in covered.items() if count > 1]
    recorded = {row.due_at for row in rows if row.outcome == "enqueued"}
    books.torn += [job for job in made if job[0] == key and job[1] not in recorded]
    books.extra += [job for job in made if job[0] == key and job[1] not in due]
