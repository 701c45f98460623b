"""Until when everything is decided: it moves from where it was read, or the transaction goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections
from django.db.models import F

from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.turn.due import Row
from scheduler.turn.work import Work
from tasks_core.expressions import among


class WatermarkMoved(SchedulerError):
    """Somebody else decided the same due times; this transaction is rolled back."""


class _Move(NamedTuple):
    """The watermark as it was read; then everything as it shall be."""

    before: datetime
    watermark: datetime
    next_due_at: datetime | None
    last_due_at: datetime | None
    runs: int  # more of them
    waits_for: UUID | None


def advance(alias: str, work: Sequence[Work]) -> None:
    """Move the watermarks, each from where it was read: the last proof that nobody else did."""
    moves: dict[_Move, list[Row]] = defaultdict(list)
    for each in work:
        moves[_move(each)].append(each.row)
    if len(moves) > FEW and connections[alias].vendor == "postgresql":
        moved = _move_apart(alias, moves)
    else:  # schedules that share their minutes share a statement
        moved = sum(_move_together(alias, move, rows) for move, rows in moves.items())
    if moved != len(work):
        raise WatermarkMoved(f"{len(work) - moved} of {len(work)} schedules changed meanwhile.")


def _move(work: Work) -> _Move:
    return _Move(
        work.row.watermark,
        work.plan.watermark,
        work.plan.next_due_at,
        work.last_due_at,
        len(work.jobs),
        work.waits_for,
    )


def _move_together(alias: str, move: _Move, rows: Sequence[Row]) -> int:
    unmoved = Schedule.objects.using(alias).filter(
        among("key", (row.key for row in rows)),
        definition_hash__in={row.definition_hash for row in rows},
        watermark=move.before,
    )
    return unmoved.update(
        watermark=move.watermark,
        next_due_at=move.next_due_at,
        last_due_at=move.last_due_at,
        runs=F("runs") + move.runs,
        waits_for=move.waits_for,
        error="",
        error_count=0,
    )


def _move_apart(alias: str, moves: Mapping[_Move, Sequence[Row]]) -> int:
    """Move each as its own trigger says, in one statement: a thousand would take seconds."""
    columns = zip(
        *((row.key, row.definition_hash, *move) for move, rows in moves.items() for row in rows),
        strict=True,
    )
    table = connections[alias].ops.quote_name(Schedule._meta.db_table)
    with connections[alias].cursor() as cursor:
        cursor.execute(MOVE_APART.format(table=table), list(map(list, columns)))
        return int(cursor.rowcount)


FEW = 8  # statements that are cheaper than one of this kind
MOVE_APART = """
    UPDATE {table} AS schedule
    SET watermark = moved.watermark, next_due_at = moved.next_due_at,
        last_due_at = moved.last_due_at, runs = schedule.runs + moved.runs,
        waits_for = moved.waits_for, error = '', error_count = 0
    FROM unnest(
        %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
        %s::timestamptz[], %s::bigint[], %s::uuid[]
    ) AS moved (key, hash, before, watermark, next_due_at, last_due_at, runs, waits_for)
    WHERE schedule.key = moved.key AND schedule.definition_hash = moved.hash
        AND schedule.watermark = moved.before
"""
