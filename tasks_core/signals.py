"""What happened, said once. Logging listens like any other receiver."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import Signal, receiver

from tasks_core.attempts import Attempt
from tasks_core.outcomes import Cancelled, Errored, Outcome, Snoozed, Succeeded
from tasks_core.states import JobState
from tasks_core.words import counted

logger = logging.getLogger("tasks_core")

# The sender is the backend's class, or for processes the Heartbeat's.

job_enqueued = Signal(use_caching=True)
"""A job was stored, perhaps in an open transaction. ``result``: JobResult."""

job_started = Signal(use_caching=True)
"""User code is about to run. ``attempt``: Attempt."""

job_settled = Signal(use_caching=True)
"""An attempt's outcome was stored. ``attempt``, ``outcome``, ``seconds``: how long it ran."""

jobs_ended = Signal()
"""Jobs reached a final state, whoever moved them. ``alias``: backend; ``ends``: list[JobEnd]."""

ownership_lost = Signal()
"""An outcome came too late: the job had been taken away. ``attempt``, ``outcome``."""

jobs_rescued = Signal()
"""The jobs of a dead process were taken back. ``process``: its name, ``count``: how many."""

jobs_left = Signal()
"""A worker ends and cannot give back what runs. ``attempts``: list[Attempt]."""

queue_paused = Signal()
"""No job of a queue starts any more. ``alias``: backend; ``queue``, ``by``, ``reason``."""

queue_resumed = Signal()
"""The jobs of a queue start again. ``alias``: backend; ``queue``."""

relay_failed = Signal()
"""Calls stay in the outbox. ``backend``: its alias; ``job_ids``; ``error``: of the first."""

process_started = Signal()
process_stopped = Signal()
"""A registered process began or ended. ``process``: Process."""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How one job ended."""

    id: UUID
    state: JobState
    at: datetime
    reason: str = ""
    context: dict[str, Any] = field(default_factory=dict)


@receiver(job_started)
def log_started(attempt: Attempt, **kwargs: Any) -> None:
    job_id = str(attempt.job_id)  # once: it is a tenth of what a line costs
    logger.info(
        "job %s started: %s (attempt %d of %d)",
        job_id,
        attempt.task,
        attempt.number,
        attempt.max_attempts,
        extra={"job_id": job_id, "task": attempt.task, "attempt": attempt.number},
    )


@receiver(job_settled)
def log_settled(attempt: Attempt, outcome: Outcome, seconds: float, **kwargs: Any) -> None:
    level, words = _told(attempt, outcome)
    job_id = str(attempt.job_id)
    logger.log(
        level,
        "job %s ended in %.3f s: %s %s",
        job_id,
        seconds,
        attempt.task,
        words,
        extra={"job_id": job_id, "task": attempt.task, "seconds": seconds},
    )


@receiver(ownership_lost)
def log_ownership_lost(attempt: Attempt, **kwargs: Any) -> None:
    logger.warning(
        "job %s was taken from this process; its outcome is thrown away: %s",
        attempt.job_id,
        attempt.task,
        extra={"job_id": str(attempt.job_id), "task": attempt.task},
    )


@receiver(jobs_rescued)
def log_rescued(process: str, count: int, **kwargs: Any) -> None:
    if count:
        logger.warning("%s of the dead process %s taken back", counted(count, "job"), process)


@receiver(jobs_left)
def log_left(attempts: list[Attempt], **kwargs: Any) -> None:
    for attempt in attempts:
        logger.warning(
            "job %s still runs and is left to another worker: %s",
            attempt.job_id,
            attempt.task,
            extra={"job_id": str(attempt.job_id), "task": attempt.task},
        )


@receiver(queue_paused)
def log_queue_paused(queue: str, by: str, reason: str, **kwargs: Any) -> None:
    logger.info("queue %s was paused by %s: %s", queue, by or "somebody", reason or "no reason")


@receiver(queue_resumed)
def log_queue_resumed(queue: str, **kwargs: Any) -> None:
    logger.info("queue %s goes on", queue)


@receiver(relay_failed)
def log_relay_failed(backend: str, job_ids: list[UUID], error: Exception, **kwargs: Any) -> None:
    why = _short(type(error).__name__, str(error))
    words = "%s in the outbox, as the backend %s did not take it: %s"
    stay = "1 job stays" if len(job_ids) == 1 else f"{len(job_ids)} jobs stay"
    logger.warning(words, stay, backend, why)


@receiver(process_started)
def log_process_started(process: Any, **kwargs: Any) -> None:
    logger.info("%s %s started", process.kind, process.name)


@receiver(process_stopped)
def log_process_stopped(process: Any, **kwargs: Any) -> None:
    logger.info("%s %s stopped", process.kind, process.name)


def _told(attempt: Attempt, outcome: Outcome) -> tuple[int, str]:
    match outcome:
        case Succeeded():
            return logging.INFO, "succeeded"
        case Snoozed(delay, error) if error is not None:
            why = _short(error.exception, error.message)
            again = f"is tried again in {delay.total_seconds():.1f} s"
            return logging.WARNING, f"cannot run here ({why}) and {again}"
        case Snoozed(delay):
            return logging.INFO, f"snoozed for {delay}"
        case Cancelled(reason):
            why = "" if reason == JobState.CANCELLED else f" ({reason})"
            return logging.INFO, f"was cancelled{why}"
        case Errored(error, retry_in) if retry_in is not None and not attempt.is_last:
            again = f"runs again in {retry_in.total_seconds():.1f} s"
            return logging.WARNING, f"raised {_short(error.exception, error.message)} and {again}"
        case Errored(error):
            return logging.ERROR, f"failed: {_short(error.exception, error.message)}"


def _short(kind: str, message: str) -> str:
    # %r: a message with line breaks must not look like several log lines.
    return f"{kind} {message[:200]!r}"
