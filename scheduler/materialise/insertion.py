"""
Rows into the ledger, many at once.

Django's own insertion of thirteen columns a row takes longer than all the rest of a tick, so a
herd is stored in plain SQL: PostgreSQL is told once what the rows of one decision share, and only
what differs travels for each; the others are told every row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connections

from scheduler.models import Occurrence
from scheduler.planner import Decision
from scheduler.turn.due import Row
from scheduler.turn.rows import job_id_of, occurrence_of
from tasks_core.backends.database.statements.insert_rows import insert_rows

FEW = 8  # rows for which a statement of their own does not pay
DECIDED = ("due_at", "until_at", "count", "outcome", "reason")
SHARED = (*DECIDED, "recorded_at", "recorded_by")


class Line(NamedTuple):
    """One row to be: what was decided about which schedule."""

    schedule: Row
    decision: Decision


def insert(
    alias: str, lines: Iterable[Line], *, recorded_at: datetime, recorded_by: str, batch: str = ""
) -> None:
    """Store ``lines``. Raises IntegrityError for a due time that is in the ledger already."""
    recorded: dict[str, Any] = {"recorded_at": recorded_at, "recorded_by": recorded_by}
    left = list(lines)
    if connections[alias].vendor == "postgresql":
        left = _insert_herds(alias, left, batch=batch, **recorded)
    elif len(left) > FEW and connections[alias].vendor in {"mysql", "sqlite"}:
        insert_rows(alias, Occurrence, _columns(left, batch=batch, **recorded))
        return
    Occurrence.objects.using(alias).bulk_create(
        [occurrence_of(*each, batch=batch, **recorded) for each in left]
    )


def _insert_herds(alias: str, lines: Sequence[Line], **recorded: Any) -> list[Line]:
    """Store what many schedules share on PostgreSQL, and return the other lines."""
    alone: list[Line] = []
    for alike in _alike(lines):
        if len(alike) <= FEW:
            alone += alike
        else:
            _insert_alike(alias, alike, **recorded)
    return alone


def _alike(lines: Sequence[Line]) -> Iterable[list[Line]]:
    """Put together what shares a decision; schedules that stand alike share theirs."""
    groups: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        groups[id(line.decision)].append(line)
    return groups.values()


def _insert_alike(alias: str, lines: Sequence[Line], *, batch: str, **recorded: Any) -> None:
    decision = lines[0].decision
    said = {**{name: getattr(decision, name, None) for name in SHARED}, **recorded, "batch": batch}
    keys = [line.schedule.key for line in lines]
    hashes = [line.schedule.definition_hash for line in lines]
    ids = [job_id_of(line.schedule, decision, batch=batch) for line in lines]
    with connections[alias].cursor() as cursor:
        cursor.execute(_statement(alias, tuple(said)), [*said.values(), keys, hashes, ids])


def _statement(alias: str, shared: Sequence[str]) -> str:
    quote = connections[alias].ops.quote_name
    columns = ", ".join(
        map(quote, [*shared, "job_state", "schedule_key", "definition_hash", "job_id"])
    )
    values = ", ".join(f"%s::{CASTS.get(name, 'text')}" for name in shared)
    return (
        f"INSERT INTO {quote(Occurrence._meta.db_table)} ({columns}) "  # noqa: S608  names of ours
        f"SELECT {values}, '', * FROM unnest(%s::text[], %s::text[], %s::uuid[])"
    )


CASTS = {
    "due_at": "timestamptz",
    "until_at": "timestamptz",
    "recorded_at": "timestamptz",
    "count": "bigint",
}


def _columns(lines: Sequence[Line], **recorded: Any) -> dict[str, list[Any]]:
    """Return the columns that all lines say, of each a value for every line."""
    return {
        "schedule_key": [line.schedule.key for line in lines],
        "definition_hash": [line.schedule.definition_hash for line in lines],
        "job_id": [job_id_of(*line, batch=recorded["batch"]) for line in lines],
        **{name: [getattr(line.decision, name) for line in lines] for name in DECIDED},
        **{name: [value] * len(lines) for name, value in recorded.items()},
    }
