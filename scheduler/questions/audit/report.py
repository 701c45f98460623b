"""An audit of everything: schedules in pages, and each doubt looked at twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter

from scheduler import conf
from scheduler.choices import Outcome
from scheduler.models import Definition, Occurrence, Schedule, ZoneRules
from scheduler.questions.audit.compare import Stretch, compare
from scheduler.questions.audit.faults import READ, Fault, Row
from scheduler.questions.audit.jobs import shared, stray, torn
from scheduler.questions.timeline import timeline
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.states import UNKNOWN

PAGE = 100  # schedules whose ledger is read at once
BEGINNING = datetime.min.replace(tzinfo=UTC)
MIGRATED = "migration"  # who recorded the first version of schedules that are older than it

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What was looked at, what is wrong, and what could not be judged."""

    schedules: int = 0
    jobs: int = 0  # rows of the ledger with a job
    skipped: int = 0  # due times without one, as far as they were counted
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_balanced(self) -> bool:
        return not self.faults


def audit(
    *,
    keys: Collection[str] = (),
    since: datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """
    Compare the ledger with the due times that the definitions had, and with the jobs.

    Of all schedules, or of ``keys``; of all that the ledger holds, or what was due later than
    ``since``; up to each watermark. Schedulers may be at work meanwhile: what looks wrong is
    looked at again while its row is locked, and only then believed.
    """
    alias, report = conf.database(), Report()
    after = since or BEGINNING
    known = sorted(keys) or _keys(alias)
    floors: dict[str, datetime] = {}
    for start in range(0, len(known), PAGE):
        page = known[start : start + PAGE]
        for each in _read(alias, page, after=after):
            floors[each.key] = each.stretch.floor
            _judge(alias, each, after=after, report=report)
        report.schedules += len(page)
        if progress:
            progress(report.schedules, len(known))
    report.faults += stray(alias, keys=keys, after=after, floors=floors)
    if report.faults:
        report.notes += _other_zones(alias, after=after)
    return report


@dataclass(slots=True)
class _Books:
    """What is known of one schedule, read at one moment."""

    key: str
    row: Schedule | None
    definitions: Sequence[Definition]
    rows: Sequence[Row]
    stretch: Stretch

    def faults(self, alias: str) -> Iterator[Fault]:
        due = timeline(self.key, self.definitions, until=self.stretch.until)
        yield from compare(due, self.rows, self.stretch)
        yield from torn(alias, self.rows)
        yield from shared(self.rows)


def _judge(alias: str, books: _Books, *, after: datetime, report: Report) -> None:
    if any(books.faults(alias)):
        report.faults += in_transaction(alias, partial(_again, alias, books.key, after=after))
    report.jobs += sum(row.outcome == Outcome.ENQUEUED for row in books.rows)
    report.skipped += sum(row.count or 0 for row in books.rows if row.reason)
    report.notes += _notes(books)


def _again(alias: str, key: str, *, after: datetime) -> list[Fault]:
    """Look at one schedule while nobody else decides about it."""
    list(Schedule.objects.using(alias).select_for_update().filter(pk=key).values_list("pk"))
    return [fault for books in _read(alias, [key], after=after) for fault in books.faults(alias)]


def _keys(alias: str) -> list[str]:
    """Return the schedules that ever had a definition, also those deleted since."""
    return sorted(set(Definition.objects.using(alias).values_list("schedule_key", flat=True)))


def _read(alias: str, keys: Sequence[str], *, after: datetime) -> Iterator[_Books]:
    """Yield the books of some schedules. Rows first: what is decided later is left out."""
    schedules = {row.key: row for row in Schedule.objects.using(alias).filter(key__in=keys)}
    definitions: dict[str, list[Definition]] = defaultdict(list)
    stored = Definition.objects.using(alias).filter(schedule_key__in=keys)
    for each in stored.order_by("since", "pk"):
        definitions[each.schedule_key].append(each)
    bare = set(keys)
    for key, rows in _ledger(alias, keys, after=after):
        bare.discard(key)
        yield _books(schedules.get(key), definitions[key], rows, after=after, key=key)
    for key in sorted(bare):
        yield _books(schedules.get(key), definitions[key], [], after=after, key=key)


def _ledger(alias: str, keys: Sequence[str], *, after: datetime) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of each of the schedules that has any, oldest first."""
    found = Occurrence.objects.using(alias).filter(schedule_key__in=keys, batch="")
    ordered = found.filter(until_at__gt=after).order_by("schedule_key", "due_at")
    rows = (Row(*values) for values in ordered.values_list(*READ).iterator())
    for key, of_schedule in groupby(rows, attrgetter("schedule_key")):
        yield key, list(of_schedule)


def _books(
    schedule: Schedule | None,
    versions: Sequence[Definition],
    rows: Sequence[Row],
    *,
    after: datetime,
    key: str,
) -> _Books:
    stretch = _stretch(schedule, versions, rows, after=after)
    rows = [row for row in rows if row.until_at > stretch.after]
    return _Books(key, schedule, versions, rows, stretch)


def _stretch(
    schedule: Schedule | None,
    versions: Sequence[Definition],
    rows: Sequence[Row],
    *,
    after: datetime,
) -> Stretch:
    if versions and versions[0].recorded_by == MIGRATED:
        after = max(after, versions[0].since)
    if schedule is not None:
        return Stretch(after, schedule.watermark, floor=schedule.floor)
    ends = [each.until for each in versions if each.until] + [row.until_at for row in rows[-1:]]
    return Stretch(after, max(ends, default=after), floor=BEGINNING)


def _other_zones(alias: str, *, after: datetime) -> Iterator[str]:
    """Yield the changes of tzdata: what was due before one may be due at another time by now."""
    rules = ZoneRules.objects.using(alias).order_by("pk")
    for before, now in pairwise(rules):
        if now.since > after:
            yield (
                f"Until {now.since:%Y-%m-%d %H:%M}Z time zones followed tzdata {before.version}, "
                f"then {now.version}: by that, due times of before may have been others."
            )


def _notes(books: _Books) -> Iterator[str]:
    """Yield what an audit cannot judge, or what explains that less happened than was due."""
    due = timeline(books.key, books.definitions, until=books.stretch.until)
    if due.unread:
        yield f"{books.key}: a definition has a trigger that is not known here, and is left out."
    gone = sum(row.job_state == UNKNOWN for row in books.rows)
    if gone:
        yield f"{books.key}: {gone} jobs were deleted before anybody saw them end."
    if books.row is not None and books.row.quarantined_at is not None:
        since = f"{books.row.quarantined_at:%Y-%m-%d %H:%M}Z"
        yield f"{books.key}: in quarantine since {since}; nothing later is decided yet."
