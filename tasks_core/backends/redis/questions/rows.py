"""Jobs of the server as values that show themselves like those of a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core.backends.redis.calls import opened
from tasks_core.backends.redis.server import Server, instant, moment
from tasks_core.backends.served.moving import MOVED
from tasks_core.models import Job, Process
from tasks_core.states import FINAL

Kept = Mapping[str, str]  # of one job, as the server has it

TIMES = {
    "run_after": "after",
    "enqueued_at": "enq",
    "claimed_at": "claimed",
    "started_at": "started",
    "finished_at": "finished",
    "expires_at": "expires",
    "cancel_requested_at": "stop",
}
NUMBERS = {"priority": "pri", "fence": "fence", "attempts": "att", "max_attempts": "max"}
LAST = 253_402_300_799_000_000  # microseconds after the epoch, in the year 9999
ATTRIBUTES = tuple(field.attname for field in Job._meta.concrete_fields)


def rows(server: Server, ids: Sequence[UUID]) -> list[Job]:
    """Return those of the jobs that exist, as values that no table has."""
    pipeline = server.client.pipeline(transaction=False)
    for job_id in ids:
        pipeline.hgetall(server.key("job", job_id.hex))
    kept = [
        (job_id, {name.decode(): value.decode() for name, value in found.items()})
        for job_id, found in zip(ids, pipeline.execute(), strict=True)
        if b"state" in found
    ]
    owners = processes(server, {told["owner"] for _, told in kept if told.get("owner")})
    permits = _permits(server, {told["ckey"] for _, told in kept if "ckey" in told})
    return [_row(job_id, told, owners=owners, permits=permits) for job_id, told in kept]


def processes(server: Server, ids: Iterable[str]) -> dict[str, Process]:
    """Return those of the processes of which something is known."""
    names = list(ids)
    pipeline = server.client.pipeline(transaction=False)
    for name in names:
        pipeline.hgetall(server.key("process", name))
        pipeline.zscore(server.key("processes"), name)
    told = pipeline.execute()
    pairs = zip(names, told[::2], told[1::2], strict=True)
    return {name: _process(name, found, lease) for name, found, lease in pairs if found}


def _process(name: str, found: Mapping[bytes, bytes], lease: float | None) -> Process:
    told = {key.decode(): value.decode() for key, value in found.items()}
    return Process(
        id=UUID(name),
        kind=told.get("kind", ""),
        name=told.get("name", name),
        hostname=told.get("hostname", ""),
        pid=int(told.get("pid") or 0),
        backend=told.get("backend", ""),
        queues=[queue for queue in told.get("queues", "").split(",") if queue],
        concurrency=int(told.get("concurrency") or 1),
        started_at=instant(told.get("started") or 0),
        lease_expires_at=instant(int(lease or 0)),
        stopped_at=moment(told.get("stopped")),
    )


def _permits(server: Server, keys: Iterable[str]) -> dict[str, int]:
    names = list(keys)
    if not names:
        return {}
    found = server.client.mget([server.key("permits", name) for name in names])
    return {name: int(value) for name, value in zip(names, found, strict=True) if value}


def _row(
    job_id: UUID, told: Kept, *, owners: Mapping[str, Process], permits: Mapping[str, int]
) -> Job:
    values = dict.fromkeys(ATTRIBUTES) | _said(job_id, told) | _kept(told)
    values |= {name: _time(told.get(kept)) for name, kept in TIMES.items()}
    values |= {name: _number(told.get(kept)) or 0 for name, kept in NUMBERS.items()}
    owner = owners.get(told.get("owner", ""))
    values |= {
        "id": job_id,
        "claimed_by_id": UUID(told["owner"]) if told.get("owner") else None,
        "concurrency_limit": permits.get(told.get("ckey", "")),
    }
    job = Job.from_db(None, ATTRIBUTES, [values[name] for name in ATTRIBUTES])
    if owner is not None:
        job.claimed_by = owner
    return job


def _said(job_id: UUID, told: Kept) -> dict[str, Any]:
    """Return what only the seal protects; of a forged call nothing is believed."""
    try:
        args, kwargs, beside = opened(job_id.hex, told.get("task", ""), told.get("call", ""))
    except ValueError as error:
        return {"args": [], "kwargs": {}, "label": "", "creator": "", "context": _forged(error)}
    seconds = beside.get("timeout")
    return {
        "args": args,
        "kwargs": kwargs,
        "label": beside.get("label", ""),
        "creator": beside.get("creator", ""),
        "context": beside.get("context", {}),
        "timeout": None if seconds is None else timedelta(seconds=seconds),
    }


def is_forged(job: Job) -> bool:
    """Say whether somebody else wrote this job."""
    return set(job.context) == {FORGED}


FORGED = "forged"


def _forged(error: ValueError) -> dict[str, str]:
    return {FORGED: str(error)}


def _kept(told: Kept) -> dict[str, Any]:
    is_away = told.get("reason", "").startswith(MOVED)
    return {
        "task": told.get("task", ""),
        "queue": told.get("queue", ""),
        "state": told["state"],
        "reason": told.get("reason", ""),
        "suspect": "sus" in told,
        "parked": "parked" in told,
        "concurrency_key": told.get("ckey"),
        "rate_key": told.get("rkey"),
        "progress_done": _number(told.get("pdone")),
        "progress_total": _number(told.get("ptotal")),
        "return_value": _value(told.get("value")),
        "errors": _value(told.get("errors")) or [],
        "active_key": None if told["state"] in FINAL and not is_away else told.get("key"),
    }


def _value(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):  # somebody else wrote it
        return None


def _time(text: str | None) -> datetime | None:
    number = _number(text)
    return None if number is None else instant(min(number, LAST))


def _number(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):  # somebody else wrote it
        return None
