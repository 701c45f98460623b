"""A schedule as far as deciding about its due times, and making their jobs, asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from scheduler.models import Schedule, ScheduleQuerySet
from scheduler.models.schedule import is_paused


@dataclass(slots=True)
class Due:
    """
    The columns of a row that a tick reads; what no decision needs stays in the database.

    To build a model of all columns takes longer than to decide about it.
    """

    key: str
    task: str
    trigger: str
    args: list[Any]
    kwargs: dict[str, Any]
    args_from: str
    kwargs_from: str
    backend: str
    queue: str
    priority: int
    max_attempts: int | None
    source: str
    definition_hash: str
    catch_up: str
    catch_up_limit: int
    catch_up_window: timedelta | None
    overlap: str
    overlap_timeout: timedelta
    splay: timedelta
    start_at: datetime | None
    end_at: datetime | None
    max_runs: int | None
    runs: int
    enabled_if: str
    calendar_rules: str
    calendar_action: str
    paused_at: datetime | None
    paused_until: datetime | None
    waits_for: UUID | None
    watermark: datetime
    last_due_at: datetime | None
    error_count: int

    def is_paused_at(self, moment: datetime) -> bool:
        return is_paused(self.paused_at, self.paused_until, at=moment)


Row = Schedule | Due
COLUMNS = tuple(column.name for column in fields(Due))


def read(rows: ScheduleQuerySet) -> Sequence[Due]:
    return [Due(*values) for values in rows.values_list(*COLUMNS)]
