"""What is kept of a call: sealed, since whoever may write to the server could run code else."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from tasks_core import conf, limits
from tasks_core.attempts import Attempt
from tasks_core.backends.redis.server import EPOCH, MICROSECOND, microseconds
from tasks_core.backends.served.moving import Arrival
from tasks_core.calls import Call
from tasks_core.options import When
from tasks_core.seals import SIZE, is_sealed, seal

SALT = "redis"
FORGED = (
    "The call is not as this project stored it: its seal does not match SECRET_KEY. If that was "
    "changed, put the old one into SECRET_KEY_FALLBACKS and retry the job."
)
PARTS = 12  # of a claimed job, as take.lua joins them
MAX_ERRORS_TEXT = 1_000_000  # characters; ours are far shorter

_json = json.JSONEncoder(separators=(",", ":")).encode  # made once
_value = json.JSONDecoder().decode

# What a call says beside its function and its arguments, and nobody needs to find a job by.
BESIDE = ("label", "creator", "context")


def said(job_id: UUID, call: Call, earlier: Arrival | None = None) -> list[str | int]:
    """Return the eight parts of a call as said.lua wants them."""
    task, text = call.func.name, _text(call)
    sealed = seal(f"{job_id.hex}\0{task}\0{text}", salt=SALT) + text
    return [
        job_id.hex,
        task,
        sealed,
        call.queue,
        call.priority,
        _instant(call.when),
        call.max_attempts or conf.get("MAX_ATTEMPTS"),
        _more(call, earlier),
    ]


def attempts(reply: bytes, owner: UUID) -> list[Attempt]:
    """Return the jobs of a claim's reply, best first."""
    if not reply:
        return []
    parts = reply.decode(errors="replace").split("\0")
    return [_attempt(owner, parts[start : start + PARTS]) for start in range(0, len(parts), PARTS)]


def context_of(job_id: str, task: str, sealed: str) -> dict[str, Any]:
    """Return the context of a job that has ended, or nothing if it was forged."""
    text = _opened(job_id, task, sealed)
    context: dict[str, Any] = _read(text)[2].get("context", {}) if text else {}
    return context


def opened(job_id: str, task: str, sealed: str) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """Return arguments, keyword arguments, and what else was said; raise ValueError if forged."""
    text = _opened(job_id, task, sealed)
    if text is None:
        raise ValueError(FORGED)
    return _read(text)


def _text(call: Call) -> str:
    beside = {name: value for name in BESIDE if (value := getattr(call, name))}
    if call.timeout is not None:
        beside["timeout"] = _seconds(call.timeout)
    if not (beside or call.kwargs):
        return _json([call.args])
    return _json([call.args, call.kwargs, beside])


def _read(text: str) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    args, *rest = _value(text)
    kwargs, beside = rest or ({}, {})
    return args, kwargs, beside


def _more(call: Call, earlier: Arrival | None) -> str:
    """Return what few calls say, as JSON; mostly nothing."""
    kept: dict[str, Any] = {}
    more: dict[str, Any] = {}
    if call.id is not None:
        kept["given"] = "1"
    if earlier is not None:
        kept |= _earlier(earlier)
    if call.key is not None:
        kept["key"] = call.key
    if call.timeout is not None:
        kept["timeout"] = "1"
    if call.concurrency is not None:
        kept["ckey"], kept["permits"] = call.concurrency
    if rate := limits.rate_of(task=call.func.name, queue=call.queue, rate=call.rate):
        kept["rkey"], kept["each"] = rate[0], rate[1] // MICROSECOND
    if call.expires_at is not None:
        more["expires"] = _instant(call.expires_at)
    if kept:
        more["kept"] = kept
    return json.dumps(more) if more else ""


def _earlier(arrival: Arrival) -> dict[str, Any]:
    """Return what its job brings from another backend; its id may be one that left from here."""
    told: dict[str, Any] = {"given": "moved"}
    if arrival.attempts:
        told["att"] = arrival.attempts
    if arrival.errors:
        told["errors"] = json.dumps(arrival.errors, separators=(",", ":"))
    return told | {"sus": "1"} if arrival.suspect else told


def _instant(when: When | None) -> str:
    """Return microseconds: of an instant, or with a sign those to count from the server's time."""
    if when is None:
        return ""
    if isinstance(when, timedelta):
        return f"+{when // MICROSECOND}"
    return str(microseconds(when))


def _attempt(owner: UUID, parts: Sequence[str]) -> Attempt:
    job_id, fence, number, task, queue, *numbers, errors, ckey, rkey, sealed = parts
    try:
        priority, after, most = map(int, numbers)
        run_after = EPOCH + after * MICROSECOND
    except (ValueError, OverflowError):  # somebody else wrote it
        priority, most, run_after, sealed = 0, 0, EPOCH, ""
    known: dict[str, Any] = {}
    text = _opened(job_id, task, sealed)
    if text is None:
        known["refused"] = FORGED
    else:
        args, kwargs, beside = _read(text)
        known = {"args": args, "kwargs": kwargs, "context": beside.get("context", {})}
        if "timeout" in beside:
            known["timeout"] = timedelta(seconds=beside["timeout"])
    return Attempt(
        job_id=UUID(int=int(job_id, 16)),
        task=task,
        queue=queue,
        priority=priority,
        number=int(number),
        max_attempts=most,
        owner=owner,
        fence=int(fence),
        errors=_errors(errors),
        run_after=run_after,
        concurrency_key=ckey or None,
        rate_key=rkey or None,
        **known,
    )


def _opened(job_id: str, task: str, sealed: str) -> str | None:
    found, text = sealed[:SIZE], sealed[SIZE:]
    return text if is_sealed(f"{job_id}\0{task}\0{text}", found, salt=SALT) else None


def _errors(text: str) -> list[dict[str, Any]]:
    if not text or len(text) > MAX_ERRORS_TEXT:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # somebody else wrote it: they are not sealed
        return []
    return found if isinstance(found, list) else []


def _seconds(timeout: Any) -> float:
    return timeout.total_seconds() if isinstance(timeout, timedelta) else float(timeout)
