"""
Declarations -> Schedule rows. The rows are what runs; this only writes them.

Each change is one transaction on one locked row. Before another trigger takes over, what was
due under the old one is decided; then the new one counts from now: no surprise run, and no
due time without a record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from scheduler import conf, declarations, signals
from scheduler.choices import Source
from scheduler.definitions import revisions
from scheduler.definitions.entry import Declaration
from scheduler.due.protocol import told
from scheduler.models import Schedule
from tasks_core.backends.database.transactions import in_transaction, is_outage

EVERYTHING = ""  # the key of what makes it unknown which declarations there are
WORDS = ("created", "changed", "retired", "restored", "unchanged")


@dataclass(slots=True)
class Report:
    """The keys of the schedules, by what a sync did to them."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # key -> why

    def __str__(self) -> str:
        counts = ((len(getattr(self, word)), word) for word in WORDS)
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        refused = "".join(f"; {key!r} refused: {why}" for key, why in self.refused.items())
        return f"schedules synchronised: {told or 'none declared'}{refused}"

    def note(self, key: str, verdict: str) -> None:
        if verdict in WORDS:
            getattr(self, verdict).append(key)
        else:
            self.refused[key] = verdict


def sync(*, force: bool = False) -> Report:
    """
    Make the rows say what SCHEDULE and @periodic say, and return what was done.

    ``force`` applies a definition that had been replaced before, and ends quarantine. A
    declaration that is wrong is refused, and its row stays as it is: whoever made a mistake in
    one schedule did not mean to stop it, let alone the others.
    """
    alias = conf.database()
    declared, problems = declarations.read()
    wrong = {str(problem.key): str(problem) for problem in problems}
    rows = Schedule.objects.using(alias).in_bulk()
    report = Report(refused={key or "SCHEDULE": why for key, why in wrong.items()})
    for key, declaration in declared.items():
        if key not in wrong:
            bring = partial(_up_to_date, alias, rows.get(key), declaration, force=force)
            report.note(key, _told(bring))
    for key, row in rows.items():
        gone = key not in declared and key not in wrong and EVERYTHING not in wrong
        if gone and row.source != Source.DATABASE and row.retired_at is None:
            retire = partial(revisions.retire, key, force=force)
            report.note(key, _told(partial(in_transaction, alias, retire)))
    signals.schedules_synced.send_robust(sender=Schedule, report=report)
    return report


def _up_to_date(alias: str, row: Schedule | None, declaration: Declaration, *, force: bool) -> str:
    if row is not None and revisions.is_current(row, declaration, force=force):
        return "unchanged"
    return in_transaction(alias, partial(revisions.write, declaration, force=force))


def _told(change: Callable[[], str]) -> str:
    """Return what ``change`` did, or the error that keeps this one schedule as it is."""
    try:
        return change()
    except Exception as error:
        if is_outage(error):
            raise
        return told(error)
