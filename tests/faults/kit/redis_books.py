"""The books of jobs that are kept in Redis, and whether they are all of one piece there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from tasks_core import job_backends
from tasks_core.backends.redis import RedisBackend
from tasks_core.backends.redis.calls import opened
from tasks_core.backends.redis.server import Server
from tasks_core.states import FINAL, JobState
from tests.faults.kit.books import Books, account

BATCH = 1_000


@dataclass
class Row:
    """What is kept of one job."""

    pk: UUID
    told: dict[str, str]

    @property
    def state(self) -> str:
        return self.told["state"]

    @property
    def attempts(self) -> int:
        return int(self.told.get("att", 0))

    @property
    def return_value(self) -> Any:
        return json.loads(self.told.get("value", "null"))

    @property
    def label(self) -> str:
        beside = opened(self.pk.hex, self.told["task"], self.told["call"])[2]
        return str(beside.get("label", ""))

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


def place(alias: str = "default") -> Server:
    return cast("RedisBackend", job_backends[alias]).place


def rows(alias: str = "default") -> Iterator[Row]:
    """Return every job that is kept."""
    where = place(alias)
    begin = len(where.key("job", ""))
    names = list(where.client.scan_iter(where.key("job", "*"), count=BATCH))
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        pipeline = where.client.pipeline(transaction=False)
        for name in some:
            pipeline.hgetall(name)
        for name, told in zip(some, pipeline.execute(), strict=True):
            text = {key.decode(): value.decode() for key, value in told.items()}
            yield Row(UUID(name.decode()[begin:]), text)


def audit(asked: int, alias: str = "default") -> Books:
    """Read every job and every effect, once all is quiet."""
    jobs = list(rows(alias))
    return account(
        jobs,
        asked,
        stuck=[job for job in jobs if job.state == JobState.RUNNING],
        overspent=[
            job
            for job in jobs
            if job.attempts > int(job.told["max"])
            or (job.state in FINAL and "finished" not in job.told)
        ],
    )


def torn(alias: str = "default") -> list[str]:
    """Return what is only half there: jobs that no queue has, and places of no job."""
    where = place(alias)
    ready = {
        member.decode()[16:]
        for key in where.client.scan_iter(where.key("ready", "*"))
        for member in where.client.zrange(key, 0, -1)
    }
    scheduled = {member.decode() for member in where.client.zrange(where.key("scheduled"), 0, -1)}
    wanted: dict[str, set[str]] = {JobState.READY: ready, JobState.SCHEDULED: scheduled}
    found = {state: set[str]() for state in wanted}
    for row in rows(alias):
        if row.state in found:
            found[JobState(row.state)].add(row.pk.hex)
    return sorted(set().union(*(wanted[state] ^ found[state] for state in wanted)))


def ended(alias: str = "default") -> int:
    """Return how many jobs have succeeded."""
    where = place(alias)
    return int(where.client.zcard(where.key("ended", "successful")))


def all_ended(asked: int, alias: str = "default") -> bool:
    """Say whether at least so many jobs have succeeded and nothing waits or runs."""
    where = place(alias)
    waits = [*where.client.scan_iter(where.key("ready", "*")), where.key("scheduled")]
    owned = list(where.client.scan_iter(where.key("owned", "*")))
    return ended(alias) >= asked and not where.client.exists(*waits, *owned)
