"""
Rows into the ledger, many at once.

PostgreSQL is told once what the rows of one decision share; only what differs travels for each.
Django's own insertion of thirteen columns a row takes longer than all the rest of a tick.
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

FEW = 8  # rows for which a statement of their own does not pay
SHARED = ("due_at", "until_at", "count", "outcome", "reason", "recorded_at", "recorded_by")


class Line(NamedTuple):
    """One row to be: what was decided about which schedule."""

    schedule: Row
    decision: Decision


def insert(
    alias: str, lines: Iterable[Line], *, recorded_at: datetime, recorded_by: str, batch: str = ""
) -> None:
    """Store ``lines``. Raises IntegrityError for a due time that is in the ledger already."""
    recorded: dict[str, Any] = {"recorded_at": recorded_at, "recorded_by": recorded_by}
    alone: list[Line] = []
    for alike in _alike(list(lines)):
        if len(alike) <= FEW or connections[alias].vendor != "postgresql":
            alone += alike
        else:
            _insert_alike(alias, alike, batch=batch, **recorded)
    Occurrence.objects.using(alias).bulk_create(
        [occurrence_of(*each, batch=batch, **recorded) for each in alone]
    )


def _alike(lines: list[Line]) -> Iterable[list[Line]]:
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
