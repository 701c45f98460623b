"""Claim and settle on PostgreSQL: one statement for a group of jobs."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.statements.asked import COLUMNS, Asked, Reader
from tasks_core.backends.served.ended import Ended

# ``= ANY(ARRAY(SELECT …))`` is evaluated once; a join or IN may run the locking part again and
# take more than was asked for.
CLAIM = """\
WITH best AS MATERIALIZED ({best}),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY priority DESC, run_after, id) AS place FROM best
)
UPDATE tasks_core_job
SET state = 'running', claimed_by_id = %(owner)s, claimed_at = {now}, started_at = {now},
    attempts = attempts + 1, fence = fence + 1
WHERE id = ANY(ARRAY(
    SELECT id FROM ranked
    WHERE place <= %(limit)s OR (
        task = ANY(%(short)s::text[]) AND max_attempts > 1
        AND concurrency_key IS NULL AND rate_key IS NULL AND timeout IS NULL
    )
))
RETURNING {columns}
"""

READY = """\
SELECT id, task, max_attempts, priority, run_after, concurrency_key, rate_key, timeout
FROM tasks_core_job AS job
WHERE state = 'ready' AND NOT parked AND {suspect} AND {queue}
    AND {part} AND (expires_at IS NULL OR expires_at > {now})
    AND EXISTS (
        SELECT 1 FROM tasks_core_process
        WHERE id = %(owner)s AND stopped_at IS NULL AND lease_expires_at >= statement_timestamp()
    )
ORDER BY priority DESC, run_after, id
LIMIT %(reach)s
FOR UPDATE SKIP LOCKED
"""

# From a place on, in two parts, since an index can be entered at one point only.
ABOVE = "priority > %(priority)s"
BEYOND = "priority = %(priority)s AND run_after >= %(run_after)s"
FROM_PLACE = """
SELECT * FROM ({above}) AS above UNION ALL SELECT * FROM ({beyond}) AS beyond
ORDER BY priority DESC, run_after, id LIMIT %(reach)s
"""

PAUSED = "SELECT name FROM tasks_core_queue WHERE paused_at IS NOT NULL"

OF_QUEUES = """
SELECT found.* FROM unnest(%(queues)s::text[]) AS served(name)
CROSS JOIN LATERAL ({ready}) AS found
WHERE served.name NOT IN ({paused})
ORDER BY priority DESC, run_after, id LIMIT %(reach)s
"""

SETTLE = """\
UPDATE tasks_core_job AS job
SET state = ended.state, reason = ended.reason, claimed_by_id = NULL,
    run_after = COALESCE(ended.run_after, job.run_after),
    started_at = COALESCE(ended.started_at, job.started_at),
    finished_at = ended.finished_at,
    return_value = ended.return_value,
    errors = COALESCE(ended.errors, job.errors),
    attempts = job.attempts - ended.uncounted,
    active_key = CASE WHEN ended.finished_at IS NULL THEN job.active_key END,
    suspect = FALSE,
    parked = ended.finished_at IS NULL
        AND (job.concurrency_key IS NOT NULL OR job.rate_key IS NOT NULL)
FROM jsonb_to_recordset(%s::jsonb) AS ended(
    id uuid, fence integer, owner uuid, state text, reason text, run_after timestamptz,
    started_at timestamptz, finished_at timestamptz, return_value jsonb, errors jsonb,
    uncounted integer
)
WHERE job.id = ended.id AND job.fence = ended.fence AND job.claimed_by_id = ended.owner
    AND job.state = 'running'
RETURNING job.id, job.fence
"""


def claim(alias: str, asked: Asked) -> list[Attempt]:
    """Move the best jobs to their owner and return them; see the verb."""
    now, given = clock.sql_now(alias) if asked.now is None else ("%s::timestamptz", (asked.now,))
    parameters: dict[str, Any] = {
        "owner": asked.owner,
        "limit": asked.limit,
        "reach": asked.reach,
        "short": list(asked.short),
        "queues": list(asked.queues or ()),
        "now": given[0] if given else None,
    }
    if asked.place is not None:
        parameters |= asked.place._asdict()
    sql = _claim_sql(
        now.replace("%s", "%(now)s"),
        of_queues=asked.queues is not None,
        alone=asked.alone,
        from_place=asked.place is not None,
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return Reader(asked.owner).attempts(cursor.fetchall())


def settle(alias: str, ended: Sequence[Ended]) -> set[tuple[UUID, int]]:
    """Store the ends and return the job and fence of those that were still ours."""
    with connections[alias].cursor() as cursor:
        cursor.execute(SETTLE, [json.dumps([_record(each) for each in ended], ensure_ascii=False)])
        return set(cursor.fetchall())


@cache
def _claim_sql(now: str, *, of_queues: bool, alone: bool, from_place: bool) -> str:
    def best(part: str) -> str:
        # An all-queue claim would have to step over the jobs of a paused queue, of which there
        # may be a million: it finds nothing then, and the verb names the others.
        queue = "queue = served.name" if of_queues else f"NOT EXISTS ({PAUSED})"
        suspect = "suspect" if alone else "NOT suspect"
        ready = READY.format(now=now, queue=queue, suspect=suspect, part=part)
        return OF_QUEUES.format(ready=ready, paused=PAUSED) if of_queues else ready

    chosen = (
        FROM_PLACE.format(above=best(ABOVE), beyond=best(BEYOND)) if from_place else best("TRUE")
    )
    return CLAIM.format(best=chosen, now=now, columns=", ".join(COLUMNS))


def _record(ended: Ended) -> dict[str, Any]:
    """Return one end as jsonb_to_recordset() reads it; what is missing is NULL."""
    attempt = ended.attempt
    record: dict[str, Any] = {
        "id": attempt.job_id.hex,
        "fence": attempt.fence,
        "owner": attempt.owner.hex if attempt.owner else None,
        "state": ended.state,
        "reason": ended.reason,
        "uncounted": 0 if ended.is_counted else 1,
    }
    for name in ("run_after", "started_at", "finished_at"):
        moment = getattr(ended, name)
        if moment is not None:
            record[name] = moment.isoformat()
    for name in ("return_value", "errors"):
        value = getattr(ended, name)
        if value is not None:
            record[name] = value
    return record
