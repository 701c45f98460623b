"""
The limit: due schedules to jobs in nothing but SQL, from one Python process.

"best" has two small tables of its own and no ledger. "default" stores in our tables, with their
indexes and constraints, the very rows that we store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.measures.schedules import rows
from tests.benchmarks.peers.base import Peer

BATCH = 5000
HOUR = timedelta(hours=1)
BARE_TABLES = """
DROP TABLE IF EXISTS bare_schedule, bare_job;
CREATE TABLE bare_schedule (id bigserial PRIMARY KEY, name text, cron text, task text, args jsonb,
    next_at timestamptz);
CREATE INDEX ON bare_schedule (next_at);
CREATE TABLE bare_job (id bigserial PRIMARY KEY, queue text, task text, args jsonb,
    priority int DEFAULT 0, status smallint DEFAULT 0, run_at timestamptz, schedule_id bigint,
    UNIQUE (schedule_id, run_at));
CREATE INDEX ON bare_job (priority DESC, id) WHERE status = 0
"""
BARE_DUE = """
SELECT id, cron, task, args::text, next_at FROM bare_schedule WHERE next_at <= %s
ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
BARE_INSERT = """
INSERT INTO bare_job (queue, task, args, run_at, schedule_id) SELECT 'default', *
FROM unnest(%s::text[], %s::jsonb[], %s::timestamptz[], %s::bigint[])
"""
BARE_MOVE = """
UPDATE bare_schedule SET next_at = v.at FROM unnest(%s::bigint[], %s::timestamptz[]) v(id, at)
WHERE bare_schedule.id = v.id
"""
DUE = """
SELECT key, trigger, args::text, next_due_at FROM tasks_scheduler_schedule
WHERE enabled AND retired_at IS NULL AND quarantined_at IS NULL AND next_due_at <= %s
ORDER BY next_due_at, key LIMIT %s FOR UPDATE SKIP LOCKED
"""
MOVE = """
UPDATE tasks_scheduler_schedule SET watermark = %s, next_due_at = v.at, last_due_at = next_due_at,
    error = '', error_count = 0
FROM unnest(%s::text[], %s::timestamptz[]) v(key, at) WHERE tasks_scheduler_schedule.key = v.key
"""
V = "v(id, key, args, due_at)"
OF_JOB = {
    "id": "v.id",
    "args": "v.args",
    "label": "v.key",
    "enqueued_at": "now()",
    "state": "'ready'",
    "finished_at": "NULL",
    "attempts": "0",
}
OF_OCCURRENCE = {
    "schedule_key": "v.key",
    "job_id": "v.id",
    "due_at": "v.due_at",
    "until_at": "v.due_at",
    "recorded_at": "now()",
    "job_state": "''",
    "ended_at": "NULL",
}


def materialised(
    peer: Peer, steps: Mapping[str, int], minutes: list[datetime]
) -> dict[str, dict[str, Any]]:
    """Return how long each step takes, in our tables or in the least that would do ("best")."""
    prepare, turn = (_bare if stage.PROFILE == "best" else _ours)(minutes)
    prepare()
    peer.settle_down()
    found = {}
    for (step, wanted), at in zip(steps.items(), minutes, strict=True):
        began = time.perf_counter()
        stored = sum(turn(at))
        found[step] = {
            "wanted": wanted,
            "stored": stored,
            "last_s": round(time.perf_counter() - began, 4),
        }
    return found


def _connected() -> Any:
    import psycopg

    return psycopg.connect(stage.dsn(), autocommit=True)


def _bare(minutes: list[datetime]) -> tuple[Callable[[], None], Callable[..., Iterator[int]]]:
    connection = _connected()

    def prepare() -> None:
        connection.execute(BARE_TABLES)
        copy = "COPY bare_schedule (name, cron, task, args, next_at) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copy) as copying:
            for number, line in stage.cron_lines():
                due_at = minutes[len(minutes) - 1 - line.split(" ")[0].count(",")]
                copying.write_row((f"s{number}", line, rows.TASK, "[1]", due_at))

    def turn(now: datetime) -> Iterator[int]:
        following = _following()
        while True:
            with connection.transaction():
                found = connection.execute(BARE_DUE, [now, BATCH]).fetchall()
                if not found:
                    return
                ids, lines, tasks, args, due = map(list, zip(*found, strict=True))
                connection.execute(BARE_INSERT, [tasks, args, due, ids])
                moved = [following(line, at) for line, at in zip(lines, due, strict=True)]
                connection.execute(BARE_MOVE, [ids, moved])
            yield len(found)

    return prepare, turn


def _ours(minutes: list[datetime]) -> tuple[Callable[[], None], Callable[..., Iterator[int]]]:
    from tasks_core import ids

    connection = _connected()
    insert = _inserting()

    def prepare() -> None:
        rows.store(stage.cron_lines(), ran_at=minutes[-1] - HOUR)

    def turn(now: datetime) -> Iterator[int]:
        following = _following()
        while True:
            with connection.transaction():
                found = connection.execute(DUE, [now, BATCH]).fetchall()
                if not found:
                    return
                keys, specs, args, due = map(list, zip(*found, strict=True))
                jobs = [ids.occurrence_id(key, at) for key, at in zip(keys, due, strict=True)]
                for statement in insert:
                    connection.execute(statement, [jobs, keys, args, due])
                lines = [spec.removeprefix("cron ").removesuffix(" UTC") for spec in specs]
                moved = [following(line, at) for line, at in zip(lines, due, strict=True)]
                connection.execute(MOVE, [now, keys, moved])
            yield len(found)

    return prepare, turn


def _inserting() -> list[str]:
    """Return the statements that store jobs and ledger rows like the newest one that is there."""
    from scheduler.models import Occurrence
    from tasks_core.models import Job

    given = f"unnest(%s::uuid[], %s::text[], %s::jsonb[], %s::timestamptz[]) {V}"
    statements = []
    for model, values in ((Job, OF_JOB), (Occurrence, OF_OCCURRENCE)):
        table = model._meta.db_table
        columns = [
            field.column
            for field in model._meta.concrete_fields
            if field.column in values or not field.primary_key
        ]
        chosen = ", ".join(values.get(column, f"sample.{column}") for column in columns)
        sample = f"(SELECT * FROM {table} ORDER BY id DESC LIMIT 1) sample"
        statements.append(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {given}, {sample}"
        )
    return statements


def _following() -> Callable[[str, datetime], datetime]:
    """Return what tells the next due time of a line; the same question is answered once."""
    from cronsim import CronSim

    known: dict[tuple[str, datetime], datetime] = {}

    def following(line: str, at: datetime) -> datetime:
        if (line, at) not in known:
            known[line, at] = next(CronSim(line, at)).astimezone(UTC)
        return known[line, at]

    return following
