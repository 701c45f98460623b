"""Claim and settle on SQLite: one statement for a group of jobs, one writer at a time."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.statements.asked import COLUMNS, Asked, Reader, open_queues
from tasks_core.backends.served.ended import Ended

# The states stand in the text: a partial index is used for no parameter. Its condition is NOT
# parked if Django 6.0 or older made it, parked = 0 since; the latter is a column of it, too.
READY = """\
SELECT id, task, max_attempts, priority, run_after, concurrency_key, rate_key, timeout
FROM tasks_core_job {index}
WHERE state = 'ready' AND NOT parked AND parked = 0 AND {suspect} AND {queue}
    AND (expires_at IS NULL OR expires_at > %(now)s)
ORDER BY priority DESC, run_after, id
LIMIT %(reach)s
"""

# Asked before a claim, since SQLite reads on though no row can match: 30 ms for 100,000 jobs of
# a paused queue. And in the claim itself, since one may be paused in between.
PAUSED = "SELECT name FROM tasks_core_queue WHERE paused_at IS NOT NULL"

# An all-queue claim would have to step over the jobs of a paused queue, of which there may be a
# million: it finds nothing then, and the verb names the others.
NONE_PAUSED = "NOT EXISTS (SELECT 1 FROM tasks_core_queue WHERE paused_at IS NOT NULL)"

# For named queues one look into the index of each; an IN would read what is in others, too.
OF_QUEUE = """queue = %(queue{number})s
    AND queue NOT IN (SELECT name FROM tasks_core_queue WHERE paused_at IS NOT NULL)"""
MERGED = "SELECT * FROM ({parts}) ORDER BY priority DESC, run_after, id LIMIT %(reach)s"

CLAIM = """\
WITH best AS MATERIALIZED ({best}),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY priority DESC, run_after, id) AS place FROM best
)
UPDATE tasks_core_job
SET state = 'running', claimed_by_id = %(owner)s, claimed_at = %(now)s, started_at = %(now)s,
    attempts = attempts + 1, fence = fence + 1
WHERE id IN (
    SELECT id FROM ranked
    WHERE place <= %(limit)s OR (
        task IN (SELECT value FROM json_each(%(short)s)) AND max_attempts > 1
        AND concurrency_key IS NULL AND rate_key IS NULL AND timeout IS NULL
    )
) AND EXISTS (
    SELECT 1 FROM tasks_core_process
    WHERE id = %(owner)s AND stopped_at IS NULL
        AND lease_expires_at >= STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')
)
RETURNING {columns}
"""

SETTLE = """\
UPDATE tasks_core_job
SET state = ended.value ->> 'state', reason = ended.value ->> 'reason', claimed_by_id = NULL,
    run_after = COALESCE(ended.value ->> 'run_after', run_after),
    started_at = COALESCE(ended.value ->> 'started_at', started_at),
    finished_at = ended.value ->> 'finished_at',
    return_value = ended.value ->> 'return_value',
    errors = COALESCE(ended.value ->> 'errors', errors),
    attempts = attempts - (ended.value ->> 'uncounted'),
    active_key = CASE WHEN ended.value ->> 'finished_at' IS NULL THEN active_key END,
    suspect = FALSE,
    parked = ended.value ->> 'finished_at' IS NULL
        AND (concurrency_key IS NOT NULL OR rate_key IS NOT NULL)
FROM json_each(%(ended)s) AS ended
WHERE tasks_core_job.id = ended.value ->> 'id' AND fence = ended.value ->> 'fence'
    AND claimed_by_id = ended.value ->> 'owner' AND state = 'running'
RETURNING tasks_core_job.id, fence
"""


def version() -> tuple[int, ...]:
    return sqlite3.sqlite_version_info


def claim(alias: str, asked: Asked) -> list[Attempt]:
    """Move the best jobs to their owner and return them; see the verb."""
    parameters: dict[str, str | int | None] = {
        "owner": asked.owner.hex,
        "limit": asked.limit,
        "reach": asked.reach,
        "short": json.dumps(list(asked.short)),
        "now": _text(asked.now or clock.db_now(alias)),
    }
    with connections[alias].cursor() as cursor:
        cursor.execute(PAUSED)
        queues = open_queues(asked.queues, {name for (name,) in cursor.fetchall()})
        if queues == []:
            return []
        parameters |= {f"queue{number}": name for number, name in enumerate(queues or ())}
        look, sql = _claim_sql(None if queues is None else len(queues), alone=asked.alone)
        # There is one lock, the writer's: an idle worker must not take it only to look.
        cursor.execute(look, parameters)
        if cursor.fetchone() is None:
            return []
        cursor.execute(sql, parameters)
        reader = Reader(asked.owner, of_id=UUID, of_instant=_instant, of_duration=_duration)
        return reader.attempts(cursor.fetchall())


def settle(alias: str, ended: Sequence[Ended]) -> set[tuple[UUID, int]]:
    """Store the ends and return the job and fence of those that were still ours."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            SETTLE, {"ended": json.dumps([_record(each) for each in ended], ensure_ascii=False)}
        )
        return {(UUID(job_id), fence) for job_id, fence in cursor.fetchall()}


@cache
def _claim_sql(queues: int | None, *, alone: bool) -> tuple[str, str]:
    """Return how to look for a job and how to claim some, of all queues or of so many."""
    # Suspects are few, or none; the order of the others would be read to the end for them.
    choice = {"suspect": "NOT suspect", "index": ""}
    if alone:
        choice = {"suspect": "suspect AND suspect = 1", "index": "INDEXED BY job_suspect"}
    best = READY.format(queue=NONE_PAUSED, **choice)
    if queues is not None:
        names = [OF_QUEUE.format(number=number) for number in range(queues)]
        parts = [f"SELECT * FROM ({READY.format(queue=name, **choice)})" for name in names]  # noqa: S608
        best = MERGED.format(parts=" UNION ALL ".join(parts))
    return best.replace("%(reach)s", "1"), CLAIM.format(best=best, columns=", ".join(COLUMNS))


def _record(ended: Ended) -> dict[str, Any]:
    attempt = ended.attempt
    return {
        "id": attempt.job_id.hex,
        "fence": attempt.fence,
        "owner": attempt.owner.hex if attempt.owner else None,
        "state": ended.state,
        "reason": ended.reason,
        "run_after": _text(ended.run_after),
        "started_at": _text(ended.started_at),
        "finished_at": _text(ended.finished_at),
        "return_value": None
        if ended.return_value is None
        else json.dumps(ended.return_value, ensure_ascii=False),
        "errors": None if ended.errors is None else json.dumps(ended.errors, ensure_ascii=False),
        "uncounted": 0 if ended.is_counted else 1,
    }


def _text(moment: datetime | None) -> str | None:
    """Return an instant as Django stores it."""
    return None if moment is None else str(moment.astimezone(UTC).replace(tzinfo=None))


def _instant(found: str | datetime) -> datetime:
    # Converted already, or not, as SQLite does or does not tell the type of what is RETURNING.
    moment = found if isinstance(found, datetime) else datetime.fromisoformat(found)
    return moment.replace(tzinfo=UTC)


def _duration(microseconds: int) -> timedelta:
    return timedelta(microseconds=microseconds)
