"""
Insert on PostgreSQL: one statement and one round trip, for one job as for a thousand.

The jobs come as one JSON document, and what they have in common as a second one: as fast as
COPY, which could neither take the time from the database's clock, nor step over a key that is
held, nor tell what became of each job.
"""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections

from tasks_core import clock
from tasks_core.backends.database.statements.columns import Columns
from tasks_core.backends.database.statements.defaults import NULL, literals
from tasks_core.models import Job
from tasks_core.states import JobState

INSERT = "INSERT INTO tasks_core_job ({columns}) SELECT {values} FROM {sources}"
OWN = "jsonb_to_recordset(%s::jsonb) AS own({types})"
SHARED = "jsonb_to_record(%s::jsonb) AS shared({types})"
CLOCK = "(SELECT {now} AS now) AS clock"
UNLESS_HELD = " ON CONFLICT (active_key) DO NOTHING"
TELL = " RETURNING id, state"

HOUR = timedelta(hours=1)

# A time is told as such or, under a second name, as a delay from now.
DELAYS = {"run_after": "run_in", "expires_at": "expires_in"}
AT_ONCE = {"enqueued_at": "clock.now", "run_after": "clock.now", "state": "'ready'"}
DEFERRED = {
    "run_after": "COALESCE({run_after}, clock.now + {run_in}, clock.now)",
    "state": "CASE WHEN COALESCE({run_after}, clock.now + {run_in}) > clock.now"
    " THEN 'scheduled' ELSE 'ready' END",
}
EXPIRING = {"expires_at": "COALESCE({expires_at}, clock.now + {expires_in})"}


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs in one statement; see ``insertion.insert``."""
    told = _told(columns)
    shared = _shared(told)
    own = {name: values for name, values in told.items() if name not in shared}
    rows = [dict(zip(own, row, strict=True)) for row in zip(*own.values(), strict=True)]
    documents = [json.dumps(each, default=_text) for each in (rows, shared) if each]
    now, given = clock.sql_now(alias)
    sql = _sql(alias, now=now, own=tuple(own), shared=tuple(shared))
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, [*documents, *given])
        if "active_key" not in told and "run_after" not in told:
            return [JobState.READY] * len(rows)
        states = {job_id: JobState(state) for job_id, state in cursor.fetchall()}
    return [states.get(job_id) for job_id in columns["id"]]


def _told(columns: Columns) -> Columns:
    """Return the columns with the delays apart from the instants."""
    told = columns | {"id": [job_id.hex for job_id in columns["id"]]}
    for instant, delay in DELAYS.items():
        if values := columns.get(instant):
            told[instant] = [None if isinstance(value, timedelta) else value for value in values]
            told[delay] = [value if isinstance(value, timedelta) else None for value in values]
    return told


def _shared(columns: Columns) -> dict[str, Any]:
    """Return what all of several jobs have in common: said once, it is read once."""
    count = len(columns["id"])
    if count == 1:
        return {}
    return {
        name: values[0]
        for name, values in columns.items()
        # In Python [1] and [True] are equal.
        if not isinstance(values[0], (list, dict)) and values.count(values[0]) == count
    }


def _text(value: UUID | datetime | timedelta) -> str:
    if not isinstance(value, timedelta):
        return str(value)
    # In hours, since a day of an interval may have 23 of them.
    hours, rest = divmod(value, HOUR)
    return f"{hours} hours {rest.seconds}.{rest.microseconds:06} seconds"


@cache
def _sql(alias: str, *, now: str, own: tuple[str, ...], shared: tuple[str, ...]) -> str:
    """Return the statement for jobs that say this, each for itself and all together."""
    said = {name: f"own.{name}" for name in own} | {name: f"shared.{name}" for name in shared}
    values = {name: value for name, value in _values(said).items() if value != NULL}
    types = _types(alias)
    sources = [
        source.format(types=", ".join(f"{name} {types[name]}" for name in names))
        for source, names in ((OWN, own), (SHARED, shared))
        if names
    ]
    sql = INSERT.format(
        columns=", ".join(values),
        values=", ".join(values.values()),
        sources=", ".join([*sources, CLOCK.format(now=now)]),
    )
    if "active_key" in said:
        sql += UNLESS_HELD
    return sql + TELL if {"active_key", "run_after"} & said.keys() else sql


def _values(said: dict[str, str]) -> dict[str, str]:
    """Return each column of the table with its value: computed, said, or the default."""
    computed = AT_ONCE | said
    if "run_after" in said:
        computed |= DEFERRED
    if "expires_at" in said:
        computed |= EXPIRING
    values = {name: value.format_map(said) for name, value in computed.items()}
    return {name: values.get(name, default) for name, default in literals(Job).items()}


def _types(alias: str) -> dict[str, str]:
    columns = Job._meta.concrete_fields
    types = {str(column.column): column.db_type(connections[alias]) or "" for column in columns}
    return types | dict.fromkeys(DELAYS.values(), "interval")
