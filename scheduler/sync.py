"""
Declarations -> Schedule rows. The rows are what runs; this only writes them.

Each change is one transaction on one locked row. Before another trigger takes over, what was
due under the old one is decided; then the new one counts from now: no surprise run, and no
due time without a record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from scheduler import conf, declarations, facts, signals
from scheduler.calendars import remembered
from scheduler.choices import Source
from scheduler.definitions import dated, revisions, verdicts
from scheduler.definitions.entry import Declaration
from scheduler.due.protocol import told
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, note
from tasks_core import clock
from tasks_core.backends.database.transactions import in_transaction, is_outage

PAGE = 500  # keys in one query; SQLite allows 999 parameters in old versions
EVERYTHING = ""  # the key of what makes it unknown which declarations there are
Forced: TypeAlias = Mapping[str, Any]  # who forces a sync, and why
CHANGES = (verdicts.RENAMED, verdicts.CHANGED, verdicts.RETIRED, verdicts.RESTORED)
WORDS = ("created", "renamed", "changed", "retired", "restored", "unchanged")


@dataclass(slots=True)
class Report:
    """The keys of the schedules, by what a sync did to them."""

    created: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # key -> why
    overridden: list[str] = field(default_factory=list)  # an operator's word counts, not theirs
    fingerprint: str = ""  # of all the declarations

    def __str__(self) -> str:
        counts = ((len(getattr(self, word)), word) for word in WORDS)
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        refused = "".join(f"; {key!r} refused: {why}" for key, why in self.refused.items())
        keys = ", ".join(map(repr, self.overridden))
        kept = f"; overridden, and kept so: {keys}" if keys else ""
        return f"schedules synchronised: {told or 'none declared'}{kept}{refused}"

    def note(self, key: str, verdict: str) -> None:
        if verdict in WORDS:
            getattr(self, verdict).append(key)
        else:
            self.refused[key] = verdict


def sync(*, force: bool = False, user: Operator = BY_CODE, reason: str = "") -> Report:
    """
    Make the rows say what SCHEDULE and @periodic say, and return what was done.

    ``force`` applies a definition that had been replaced before, and ends quarantine; what it
    changes is noted as an act of ``user``. A declaration that is wrong is refused, and its row
    stays as it is: whoever made a mistake in one schedule did not mean to stop it, let alone
    the others.
    """
    with remembered():
        return _sync(conf.database(), forced={"user": user, "reason": reason} if force else None)


def _sync(alias: str, *, forced: Forced | None) -> Report:
    declared, problems = declarations.read()
    wrong = {str(problem.key): str(problem) for problem in problems}
    rows = rows_of(alias, declared)
    report = Report(refused={key or "SCHEDULE": why for key, why in wrong.items()})
    report.overridden = [key for key, row in rows.items() if row.override and key in declared]
    report.created += _new_ones(alias, declared, rows, wrong=wrong)
    there = {*report.created}
    for key, declaration in declared.items():
        if key not in wrong and key not in there:
            bring = partial(_up_to_date, alias, rows.get(key), declaration, forced=forced)
            report.note(key, _told(bring))
    known = {key: rows[key].declared_hash for key in report.unchanged if key in rows}
    report.fingerprint = facts.fingerprint(declared, known=known)
    for key in gone(declared, rows, wrong=wrong):
        retire = partial(revisions.retire, key, force=forced is not None)
        report.note(key, _told(partial(_written, alias, key, retire, forced=forced)))
    if names := dated.outdated():  # of schedules that nobody declares
        replan = partial(dated.plan_anew, names, by=revisions.RECORDED_BY)
        report.changed += in_transaction(alias, replan)
    signals.schedules_synced.send_robust(sender=Schedule, report=report)
    return report


def _new_ones(
    alias: str,
    declared: Mapping[str, Declaration],
    rows: Mapping[str, Schedule],
    *,
    wrong: Collection[str],
) -> Iterator[str]:
    """Create what is new, page by page; a page with any trouble in it is left to be taken apart."""
    new = [
        declaration
        for key, declaration in declared.items()
        if key not in rows and key not in wrong and not declaration.previous_keys
    ]
    for start in range(0, len(new), PAGE):
        page = new[start : start + PAGE]
        try:
            in_transaction(alias, partial(revisions.create_all, page))
        except Exception as error:
            if is_outage(error):
                raise
        else:
            yield from (declaration.key for declaration in page)


def rows_of(alias: str, declared: Mapping[str, Declaration]) -> dict[str, Schedule]:
    """Return the rows of declarations, of which only so much is read, and those in their place."""
    rows = Schedule.objects.using(alias).only(*verdicts.KNOWN)
    found = {row.key: row for row in rows.exclude(source=Source.DATABASE).iterator()}
    missing = [key for key in declared if key not in found]
    for start in range(0, len(missing), PAGE):
        some = missing[start : start + PAGE]
        found |= {row.key: row for row in rows.filter(key__in=some)}
    return found


def gone(
    declared: Mapping[str, Declaration], rows: Mapping[str, Schedule], *, wrong: Collection[str]
) -> Iterator[str]:
    """Yield the keys that nobody declares any more; none while it is unknown what there is."""
    if EVERYTHING in wrong:
        return
    renamed = {key for each in declared.values() for key in each.previous_keys}
    # Whoever declares a key that was given up is of a release before, and knows no successor.
    renamed |= {row.renamed_to for key, row in rows.items() if key in declared}
    for key, row in rows.items():
        left = row.source != Source.DATABASE and row.retired_at is None
        if left and key not in declared and key not in wrong and key not in renamed:
            yield key


def _up_to_date(
    alias: str, row: Schedule | None, declaration: Declaration, *, forced: Forced | None
) -> str:
    force = forced is not None
    if row is not None and verdicts.is_current(row, declaration, force=force):
        return verdicts.UNCHANGED
    write = partial(revisions.write, declaration, force=force)
    return _written(alias, declaration.key, write, forced=forced)


def _written(alias: str, key: str, write: Callable[[], str], *, forced: Forced | None) -> str:
    """Do ``write`` in a transaction; where it is forced, note in it who wanted it, and why."""

    def work() -> str:
        verdict = write()
        if forced is not None and verdict in CHANGES:
            words = {"told": _("Synchronised by force"), "came_to": verdict}
            note("sync", Schedule(key=key), at=clock.db_now(alias), **forced, **words)
        return verdict

    return in_transaction(alias, work)


def _told(change: Callable[[], str]) -> str:
    """Return what ``change`` did, or the error that keeps this one schedule as it is."""
    try:
        return change()
    except Exception as error:
        if is_outage(error):
            raise
        return told(error)
