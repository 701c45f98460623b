"""What an audit finds wrong, each as a value that says it in a sentence."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What may be wrong between due times, ledger and jobs."""

    MISSING = "missing"
    TWICE = "twice"
    EXTRA = "extra"
    MISCOUNTED = "miscounted"
    EARLY = "early"
    AHEAD = "ahead"
    TORN = "torn"
    STRAY = "stray"


TOLD = {
    Kind.MISSING: "due, and the ledger has neither a job nor a reason",
    Kind.TWICE: "covered by two rows of the ledger",
    Kind.EXTRA: "in the ledger, and no definition was due then",
    Kind.MISCOUNTED: "the row covers another number of due times than it says",
    Kind.EARLY: "recorded before it was due",
    Kind.AHEAD: "in the ledger, but later than everything that was decided",
    Kind.TORN: "the ledger names a job that does not exist and never ended",
    Kind.STRAY: "a job of the schedule that no row of the ledger names",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: with the due times from ``due_at`` to ``until_at``."""

    kind: Kind
    key: str
    due_at: datetime
    until_at: datetime
    count: int | None = 1  # due times; None: more than are worth counting
    job_id: UUID | None = None

    def __str__(self) -> str:
        when = f"{self.due_at:%Y-%m-%d %H:%M:%S}Z"
        if self.until_at != self.due_at:
            number = "many" if self.count is None else self.count
            when += f" to {self.until_at:%Y-%m-%d %H:%M:%S}Z ({number} due times)"
        job = f" (job {self.job_id})" if self.job_id else ""
        return f"{self.key}, {when}: {TOLD[self.kind]}{job}."


@dataclass(slots=True)
class Row:
    """What an audit reads of a ledger row."""

    schedule_key: str
    due_at: datetime
    until_at: datetime
    count: int | None
    outcome: str
    reason: str
    job_id: UUID | None
    job_state: str
    recorded_at: datetime


READ = tuple(column.name for column in fields(Row))


def fault(kind: Kind, row: Row, **columns: Any) -> Fault:
    """Return what is wrong with a row."""
    told = {name: getattr(row, name) for name in ("due_at", "until_at", "count", "job_id")}
    return Fault(kind=kind, key=row.schedule_key, **(told | columns))
