"""All declarations of this code against the database: what a sync of it would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from scheduler import conf, declarations
from scheduler.definitions import verdicts
from scheduler.definitions.entry import Declaration
from scheduler.due.protocol import told
from scheduler.models import Schedule
from scheduler.questions.deploy import changes
from scheduler.questions.deploy.changes import REFUSED, Change
from scheduler.questions.deploy.costs import Rates, seconds_per_run
from scheduler.questions.deploy.herds import new_herds
from scheduler.sync import gone, rows_of
from tasks_core import clock
from tasks_core.backends.database.transactions import is_outage

PAGE = 500  # rows that are read at once
TIMED = 200  # changes of which the ledger is asked how long their jobs run


@dataclass(slots=True)
class DeployPlan:
    """What would change, what an operator said and is kept, and what to think about."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    kept: dict[str, str] = field(default_factory=dict)  # key -> whose override, and why
    warnings: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[Change]:
        return [each for each in self.changes if each.does == REFUSED]

    @property
    def is_fine(self) -> bool:
        """Say whether nothing is refused and nothing warned of."""
        return not self.refused and not self.warnings

    @property
    def runs_per_day(self) -> float:
        """How many more runs there will be on an average day, as far as that is known."""
        known = [
            each.runs_after - each.runs_before
            for each in self.changes
            if each.runs_before is not None and each.runs_after is not None
        ]
        return sum(known)


def plan(*, force: bool = False) -> DeployPlan:
    """Return what ``schedules sync`` would do now, by its own rules. Writes nothing."""
    alias = conf.database()
    rates = Rates(clock.db_now(alias))
    declared, problems = declarations.read()
    wrong = {str(problem.key): str(problem) for problem in problems}
    rows = rows_of(alias, declared)
    found = DeployPlan(changes=[_refused(key or "SCHEDULE", why) for key, why in wrong.items()])
    found.kept = _kept(
        alias, [key for key, row in rows.items() if row.override and key in declared]
    )
    wanted = [each for key, each in declared.items() if key not in wrong]
    moving = _moving(rows, wanted, force=force)
    found.unchanged = len(wanted) - len(moving)
    leaving = list(gone(declared, rows, wrong=wrong))
    whole = _whole(
        alias, [*rows.keys() & {each.key for each in moving}, *leaving, *_former(moving)]
    )
    for each in moving:
        found.changes.append(
            _judged(each.key, partial(_change, each, whole, force=force, rates=rates))
        )
    for key in leaving:
        retire = partial(_retirement, whole[key], force=force, rates=rates)
        found.changes.append(_judged(key, retire))
    unchanged = [each for each in found.changes if each.does == verdicts.UNCHANGED]
    found.unchanged += len(unchanged)
    found.changes = [each for each in found.changes if each.does != verdicts.UNCHANGED]
    found.changes = list(_timed(alias, found.changes))
    found.warnings = list(_warnings(alias, found.changes))
    return found


def _moving(
    rows: Mapping[str, Schedule], wanted: Sequence[Declaration], *, force: bool
) -> list[Declaration]:
    return [
        each
        for each in wanted
        if each.key not in rows or not verdicts.is_current(rows[each.key], each, force=force)
    ]


def _former(moving: Sequence[Declaration]) -> Iterator[str]:
    for each in moving:
        yield from each.previous_keys


def _whole(alias: str, keys: Sequence[str]) -> dict[str, Schedule]:
    found: dict[str, Schedule] = {}
    for start in range(0, len(keys), PAGE):
        some = Schedule.objects.using(alias).filter(key__in=keys[start : start + PAGE])
        found |= {row.key: row for row in some}
    return found


def _judged(key: str, judge: Callable[[], Change]) -> Change:
    """Return what ``judge`` says, or the error that would keep this one schedule as it is."""
    try:
        return judge()
    except Exception as error:
        if is_outage(error):
            raise
        return _refused(key, told(error))


def _change(
    declaration: Declaration, rows: Mapping[str, Schedule], *, force: bool, rates: Rates
) -> Change:
    row = rows.get(declaration.key)
    if row is not None:
        verdict = verdicts.verdict(row, declaration, force=force)
        if verdict == verdicts.UNCHANGED:
            return Change(key=row.key, does=verdict)
        if verdict not in {verdicts.CHANGED, verdicts.RESTORED}:
            return _refused(row.key, verdict)
        return changes.changed(row, declaration, does=verdict, rates=rates)
    for key in declaration.previous_keys:
        if key in rows and verdicts.may_become(rows[key], declaration):
            return changes.changed(rows[key], declaration, does=verdicts.RENAMED, rates=rates)
    return changes.created(declaration, rates=rates)


def _retirement(row: Schedule, *, force: bool, rates: Rates) -> Change:
    verdict = verdicts.retirement(row, force=force)
    return (
        changes.retired(row, rates=rates)
        if verdict == verdicts.RETIRED
        else _refused(row.key, verdict)
    )


def _refused(key: str, why: str) -> Change:
    return Change(key=key, does=REFUSED, why=why)


def _kept(alias: str, keys: Sequence[str]) -> dict[str, str]:
    rows = _whole(alias, keys).values()
    return {
        row.key: f"{', '.join(row.override or {})} by {row.overridden_by or 'somebody'}"
        + (f" ({row.override_reason})" if row.override_reason else "")
        for row in rows
    }


def _timed(alias: str, found: Sequence[Change]) -> Iterator[Change]:
    for number, each in enumerate(found):
        known = each.former or each.key
        asked = number < TIMED and each.does not in {REFUSED, verdicts.CREATED}
        seconds = seconds_per_run(alias, known) if asked else None
        yield replace(each, seconds_per_run=seconds) if seconds is not None else each


def _warnings(alias: str, found: Sequence[Change]) -> Iterator[str]:
    for each in found:
        if each.warning:
            yield f"{each.key} ({each.trigger}) {each.warning}."
    after: dict[str, datetime | None] = {}
    for each in found:
        if each.does != REFUSED:
            after |= {each.former or each.key: None} | {each.key: each.next_after}
    yield from new_herds(alias, after)
