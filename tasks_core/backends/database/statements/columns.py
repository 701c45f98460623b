"""What calls say, column by column, in the words of the table of jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from tasks_core import conf
from tasks_core.backends.database.limits import limited
from tasks_core.calls import OPTION_DEFAULTS, Call
from tasks_core.models import Job
from tasks_core.options import When
from tasks_core.states import JobState

Columns = dict[str, list[Any]]
"""Values by the name of their column, one for each job; a column not named has its default."""

# The option of a call that says it, for those columns that most calls do not speak of.
SAYS = {
    "args": "args",
    "kwargs": "kwargs",
    "queue": "queue",
    "priority": "priority",
    "run_after": "when",
    "expires_at": "expires_at",
    "timeout": "timeout",
    "active_key": "key",
    "label": "label",
    "creator": "creator",
    "context": "context",
}
_says = attrgetter(*SAYS.values())
_USUAL: dict[str, Any] = OPTION_DEFAULTS | {"args": [], "kwargs": {}, "when": None}
_DEFAULTS = [_USUAL[option] for option in SAYS.values()]


def columns_of(calls: Sequence[Call], ids: Sequence[UUID]) -> Columns:
    """Return what ``calls`` say of the jobs ``ids``; a time may be a delay from the insertion."""
    usual = conf.get("MAX_ATTEMPTS")
    columns: Columns = {
        "id": list(ids),
        "task": [call.func.name for call in calls],
        "max_attempts": [call.max_attempts or usual for call in calls],
    }
    said = zip(*map(_says, calls), strict=True)
    for column, default, values in zip(SAYS, _DEFAULTS, said, strict=True):
        if values.count(default) < len(values):
            columns[column] = list(values)
    return columns | limited.columns_of(calls)


def timed(columns: Columns, *, now: datetime) -> Columns:
    """Return ``columns`` with every delay counted from ``now``, and the states that follow."""
    count = len(columns["id"])
    run_after = [_counted(when, now) or now for when in columns.get("run_after", [None] * count)]
    states = [JobState.SCHEDULED if moment > now else JobState.READY for moment in run_after]
    columns = columns | {"run_after": run_after, "enqueued_at": [now] * count, "state": states}
    if "expires_at" in columns:
        columns["expires_at"] = [_counted(until, now) for until in columns["expires_at"]]
    return columns


def rows_of(columns: Mapping[str, Sequence[Any]]) -> list[Job]:
    """Return the jobs, not yet stored, that have these values."""
    return [
        Job(**dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]


def _counted(when: When | None, now: datetime) -> datetime | None:
    return now + when if isinstance(when, timedelta) else when
