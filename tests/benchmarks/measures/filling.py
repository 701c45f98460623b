"""A million rows in little time: three jobs made as ever, multiplied by the database itself."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tests.benchmarks import stage
from tests.benchmarks.peers.tasks_core import Peer

BATCH = 200_000
# Keys that grow with time, as ours do, and times a millisecond apart, as of a busy queue.
WORDS = {
    "postgres": {
        "key": "(lpad(to_hex({base} + n), 12, '0') || '70008' || substr(md5(n::text), 1, 15))::uuid",
        "time": "{column} - (n || ' milliseconds')::interval",
        "series": "generate_series({first}, {last}) AS series(n)",
    },
    "sqlite": {
        "key": "printf('%012x', {base} + n) || '70008' || lower(substr(hex(randomblob(8)), 1, 15))",
        "time": "strftime('%Y-%m-%d %H:%M:%f', {column}, '-' || (n / 1000.0) || ' seconds')",
        "series": "(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s "
        "WHERE n < {last}) SELECT n FROM s) AS series",
    },
}
TIMES = ("run_after", "enqueued_at", "claimed_at", "started_at", "finished_at")
BASE = 1_600_000_000_000  # the keys' time: long ago, so that they meet no other key


def fill(peer: Peer, *, finished: int, ready: int, deferred: int) -> None:
    from tests.benchmarks.measures.claims import GROUP, Turn, tomorrow

    peer.enqueue_many(range(GROUP * 2))
    Turn(peer)()  # leaves finished and ready ones
    peer.enqueue_at(0, tomorrow())
    base = BASE
    for state, count in {"successful": finished, "scheduled": deferred, "ready": ready}.items():
        _multiply(state, count, base=base)
        base += count


def _multiply(state: str, count: int, *, base: int) -> None:
    from tasks_core.models import Job

    model = Job.objects.filter(state=state).values_list("pk", flat=True)[0]
    key = str(model) if stage.STORE == "postgres" else model.hex
    for first in range(1, count + 1, BATCH):
        last = min(count, first + BATCH - 1)
        words = _words(base=base, first=first, last=last)
        columns = [field.column for field in Job._meta.concrete_fields]
        chosen = [_column(name, words) for name in columns]
        names = ", ".join(columns)
        sql = (
            f"INSERT INTO tasks_core_job ({names}) SELECT {', '.join(chosen)} "
            f"FROM tasks_core_job, {words['series']} WHERE tasks_core_job.id = '{key}'"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)


def _words(**values: Any) -> dict[str, str]:
    return {
        name: text if name == "time" else text.format(**values)
        for name, text in WORDS[stage.STORE].items()
    }


def _column(name: str, words: dict[str, str]) -> str:
    if name == "id":
        return words["key"]
    return words["time"].format(column=name) if name in TIMES else name
