"""
What a person wants to see at a glance, as values: no HTML, no ages, only instants.

Every question is bounded, so a look costs the same on a site with a million jobs. As nothing in
a snapshot changes merely because time passes, two equal ones have the same ETag.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from scheduler import conf
from scheduler.dashboard.closure import Closure, closure
from scheduler.dashboard.health import Vital, vitals
from scheduler.dashboard.jobs import JobLine, counted, moving
from scheduler.dashboard.lanes import Lane, lanes
from scheduler.dashboard.ledger import Entry, newest
from tasks_core import clock

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of schedules, ledger and jobs at ``now``; ``span`` is how far the lanes reach."""

    now: datetime
    span: timedelta
    closure: Closure | None
    vitals: list[Vital]
    lanes: list[Lane]
    ledger: list[Entry]
    counts: Mapping[str, int]
    jobs: list[JobLine]

    def as_json(self) -> str:
        """Return all of it but ``now``, which would make every answer a new one."""
        told: dict[str, Any] = asdict(self)
        del told["now"]
        return json.dumps(told, cls=DjangoJSONEncoder)


def snapshot(*, span: timedelta = HOUR, rows: int = 15) -> Snapshot:
    """Look once at everything; ``rows`` is how many lines the lists have."""
    now = clock.db_now(conf.database())
    return Snapshot(
        now=now,
        span=span,
        closure=closure(now=now),
        vitals=vitals(now=now),
        lanes=lanes(now=now, span=span),
        ledger=newest(now=now, limit=rows),
        counts=counted(),
        jobs=moving(limit=rows),
    )


def etag(text: str) -> str:
    """Return the ETag of an answer."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
