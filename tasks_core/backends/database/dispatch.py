"""scheduled -> ready: the time of a deferred job has come."""

from datetime import datetime

from django.db import connections

from tasks_core import clock
from tasks_core.backends.database.transactions import in_one_statement, in_transaction
from tasks_core.backends.database.wakeup.telling import CHANNEL
from tasks_core.models import Job
from tasks_core.states import JobState

BATCH = 500

# One round trip between the due time and the claim, which waits for the disk anyway: a dispatch
# that a crash of the server takes back is simply done again.
POSTGRESQL = """
WITH moved AS (
    UPDATE tasks_core_job SET state = 'ready'
    WHERE state = 'scheduled' AND id = ANY(ARRAY(
        SELECT id FROM tasks_core_job WHERE state = 'scheduled' AND run_after <= {now}
        ORDER BY run_after LIMIT %s FOR UPDATE SKIP LOCKED
    ))
    RETURNING queue
)
SELECT count(*), pg_notify(%s, queue) {unhurried} FROM moved GROUP BY queue
"""
UNHURRIED = ", set_config('synchronous_commit', 'off', true)"


def dispatch(alias: str, *, now: datetime | None = None, limit: int = BATCH) -> int:
    """
    Make up to ``limit`` due jobs claimable, oldest first, and return how many.

    ``now`` is the database's time if not given.
    """
    # Rows that another worker is dispatching are skipped, never waited for.
    if connections[alias].vendor == "postgresql":
        return in_one_statement(alias, lambda: _move_and_tell(alias, now, limit))
    return _move(alias, now, limit)


def _move_and_tell(alias: str, now: datetime | None, limit: int) -> int:
    # Workers are told since there may be more jobs than this one can take, or others than it
    # serves. The commit of a caller's own transaction is none of our business.
    connection = connections[alias]
    sql, given = clock.sql_now(alias) if now is None else ("%s", (now,))
    unhurried = "" if connection.in_atomic_block else UNHURRIED
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL.format(now=sql, unhurried=unhurried), [*given, limit, CHANNEL])
        return sum(row[0] for row in cursor.fetchall())


def _move(alias: str, now: datetime | None, limit: int) -> int:
    jobs = Job.rows.using(alias)
    due = jobs.in_state(JobState.SCHEDULED).filter(run_after__lte=now or clock.db_now(alias))
    # A look without locks first: mostly nothing is due, and SQLite has one writer.
    if not due.exists():
        return 0

    def move() -> int:
        oldest = due.order_by("run_after").select_for_update(skip_locked=True)
        found = list(oldest.values_list("pk", flat=True)[:limit])
        return jobs.filter(pk__in=found).move(JobState.SCHEDULED, JobState.READY)

    return in_transaction(alias, move)
