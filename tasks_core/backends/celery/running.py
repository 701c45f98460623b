"""Message -> outcome: what a Celery worker does with one message. Celery is not seen here."""

from __future__ import annotations

from signal import Signals
from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousOperation

from tasks_core import clock, executor
from tasks_core.attempts import Attempt
from tasks_core.backends.celery import records
from tasks_core.backends.celery.backend import CeleryBackend
from tasks_core.backends.celery.connecting import App
from tasks_core.backends.celery.endings import begun, ending
from tasks_core.backends.celery.messages import Message, opened
from tasks_core.backends.celery.publishing import publish
from tasks_core.exceptions import JobInterrupted, TimeLimitExceeded
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Outcome
from tasks_core.results import Snapshot
from tasks_core.signals import JobEnd, job_settled, job_started, jobs_ended
from tasks_core.states import FINAL, JobState

NOBODY = UUID(int=0)
# What a process of Celery's pool raises in its job when it is sent a signal to end: over a time
# limit that was not heeded, terminated, or with its worker.
EXITS = frozenset(-(256 - number) for number in Signals)


def run(app: App, told: str, parts: Any, *, is_again: bool, over_time: type[Exception]) -> str:
    """
    Do what this message asks for, and return how its job is now.

    ``told`` is the id that Celery knows it by, ``is_again`` says that a worker had it before,
    and ``over_time`` is what the pool raises in a task whose time is up.
    """
    message = opened(parts)
    if message is None or str(message.id) != told:
        return _refuse(told)
    known = records.find_for_worker(app, message.id)
    if known is not None and known.status in FINAL:
        _tell_end(message, known)  # once more, as whoever ended it may have died before
        return known.status
    attempt = message.attempt()
    if message.expires_at is not None and message.expires_at <= clock.now():
        return settle(app, message, Cancelled("expired"), attempt=attempt)
    if message.waits:
        publish(app, [message.but(waits=message.run_after > clock.now())])
        return JobState.SCHEDULED
    if is_again and _had_begun(message, known):
        return settle(app, message, executor.raised(attempt, JobInterrupted()), attempt=attempt)
    records.keep(app, begun(message, attempt))
    return settle(app, message, _executed(attempt, over_time), attempt=attempt)


def settle(app: App, message: Message, outcome: Outcome, *, attempt: Attempt) -> str:
    """Note how an attempt ended, and send the next one if there is one; return the job's state."""
    snapshot, following = ending(message, attempt, outcome, now=clock.now())
    # Before it is sent, since then another worker may have more to say.
    records.keep(app, snapshot)
    if following is not None:
        publish(app, [following])
    else:
        _tell_end(message, snapshot)
    seconds = attempt.watch.seconds
    told = {"attempt": attempt, "outcome": outcome, "seconds": seconds}
    job_settled.send_robust(CeleryBackend, **told)
    return str(snapshot.status)


def _executed(attempt: Attempt, over_time: type[Exception]) -> Outcome:
    job_started.send_robust(CeleryBackend, attempt=attempt)
    attempt.watch.start()
    outcome = executor.execute(attempt)
    attempt.watch.stop()
    cause = outcome.cause if isinstance(outcome, Errored) else None
    if isinstance(cause, over_time):
        error = TimeLimitExceeded().with_traceback(cause.__traceback__)
        return executor.raised(attempt, error)
    if isinstance(cause, SystemExit) and cause.code in EXITS:
        raise cause  # it was no job that asked for this; its message goes to another process
    return outcome


def _had_begun(message: Message, known: Snapshot | None) -> bool:
    """Say whether this attempt was lost; without results, what came back counts as one."""
    return known is None or known.attempts >= message.number


def _refuse(told: str) -> str:
    """Say that a message is none of ours. What it names is neither imported nor believed."""
    error = SuspiciousOperation("the message was not sealed by this project; see SECRET_KEY")
    attempt = Attempt(job_id=_id_of(told), task="a message that was refused")
    kept = AttemptError.of(error, attempt=1, at=clock.now())
    outcome = Errored(kept, reason="refused", cause=error)
    job_settled.send_robust(CeleryBackend, attempt=attempt, outcome=outcome, seconds=0.0)
    return outcome.reason


def _id_of(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        return NOBODY


def _tell_end(message: Message, known: Snapshot) -> None:
    state = JobState(known.status)
    end = JobEnd(message.id, state, clock.now(), known.reason, message.context)
    jobs_ended.send_robust(CeleryBackend, alias=message.backend, ends=[end])
