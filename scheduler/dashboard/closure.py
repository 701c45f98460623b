"""The maintenance that goes on, if one does: nothing that is due becomes a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.operations.maintenance import current_maintenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    began_at: datetime
    ended_at: datetime | None  # when it ends by itself
    by: str
    reason: str


def closure(*, now: datetime) -> Closure | None:
    row = current_maintenance(now=now)
    if row is None:
        return None
    return Closure(began_at=row.began_at, ended_at=row.ended_at, by=row.by, reason=row.reason)
