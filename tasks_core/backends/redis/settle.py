"""running -> successful, failed, cancelled, scheduled: store how attempts ended."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tasks_core.backends.redis.prune import seconds_kept
from tasks_core.backends.redis.server import Server, microseconds
from tasks_core.backends.served.ended import Ended, Settled, ended_as
from tasks_core.states import JobState

STORED = ord("1")


def settle(server: Server, settled: Sequence[Settled], *, now: datetime) -> list[JobState | None]:
    """
    Store outcomes with one script; return each job's new state.

    None means that this process no longer owned the job and nothing was stored. What was stored
    before, and nobody was told, counts as stored.
    """
    if not settled:
        return []
    ended = [ended_as(*pair, now=now) for pair in settled]
    kept = map(seconds_kept, (JobState.SUCCESSFUL, JobState.FAILED, JobState.CANCELLED))
    answers = server.run("settle", *kept, *(part for each in ended for part in _parts(each)))
    return [
        JobState(each.state) if answer == STORED else None
        for each, answer in zip(ended, answers, strict=True)
    ]


def _parts(ended: Ended) -> tuple[str | int, ...]:
    attempt = ended.attempt
    moment = ended.run_after or ended.finished_at
    return (
        attempt.job_id.hex,
        attempt.owner.hex if attempt.owner else "",
        attempt.fence,
        ended.state,
        "" if moment is None else microseconds(moment),
        "" if ended.started_at is None else microseconds(ended.started_at),
        _more(ended),
    )


def _more(ended: Ended) -> str:
    """Return what most outcomes do not have, as JSON; what is JSON itself is a text in it."""
    more: dict[str, Any] = {}
    if ended.reason:
        more["reason"] = ended.reason
    if ended.return_value is not None:
        more["value"] = json.dumps(ended.return_value, separators=(",", ":"))
    if ended.errors is not None:
        more["errors"] = json.dumps(ended.errors, separators=(",", ":"))
    if not ended.is_counted:
        more["uncounted"] = True
    return json.dumps(more) if more else ""
