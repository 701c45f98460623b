"""
Declarations -> Schedule rows. The rows are what runs; this only writes them.

Each change is one transaction on one locked row. Before another trigger takes over, what was
due under the old one is decided; then the new one counts from now: no surprise run, and no
due time without a record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from scheduler import conf, declarations, signals
from scheduler.choices import Source
from scheduler.definitions import revisions
from scheduler.models import Schedule
from tasks_core.backends.database.transactions import in_transaction

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

    ``force`` applies a definition that had been replaced before, and ends quarantine. Raises
    InvalidSchedule, before anything is written, when a declaration is wrong.
    """
    alias = conf.database()
    declared = declarations.declared()
    rows = Schedule.objects.using(alias).in_bulk()
    report = Report()
    for key, declaration in declared.items():
        if key in rows and revisions.is_current(rows[key], declaration, force=force):
            report.note(key, "unchanged")
            continue
        write = partial(revisions.write, declaration, force=force)
        report.note(key, in_transaction(alias, write))
    for key, row in rows.items():
        if key not in declared and row.source != Source.DATABASE and row.retired_at is None:
            report.note(key, in_transaction(alias, partial(revisions.retire, key, force=force)))
    signals.schedules_synced.send_robust(sender=Schedule, report=report)
    return report
