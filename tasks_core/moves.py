"""
Waiting jobs of one backend become jobs of another, with their ids.

Each is taken out of reach, stored in the target, and forgotten, in this order. Until it is out of
reach a worker of the source may have it, and afterwards nobody there; the target, where ids are
known, takes it once. Wherever a process dies, what is left says what the next one has to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tasks_core import registry
from tasks_core.backends.base import BaseJobBackend
from tasks_core.backends.elsewhere import ElsewhereBackend
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.moving import Arrival, reason_of
from tasks_core.backends.served.questions import Wanted
from tasks_core.calls import Call
from tasks_core.exceptions import InvalidCall, JobError, MoveUnfinished
from tasks_core.limits import OF_QUEUE
from tasks_core.models import Job
from tasks_core.preparation import accepted, mode_of

BATCH = 100  # jobs that are out of everybody's reach together, for a moment


@dataclass
class Moved:
    """What became of the jobs. ``left`` counts by the reason why they were not moved."""

    moved: int = 0
    resumed: int = 0  # of these, whose mover had died
    held: list[UUID] = field(default_factory=list)  # another job has their key there
    left: Counter[str] = field(default_factory=Counter)


def refusal(source: ServedBackend, target: BaseJobBackend) -> str:
    """Return in a sentence why nothing can be moved from one to the other, or nothing."""
    if target.in_band or not target.can_be_durable:
        return f"{target} keeps no jobs: it runs them at once, or never."
    if isinstance(target, ServedBackend):
        is_same = (target.database, str(target.options)) == (source.database, str(source.options))
        if target is source or (target.database and is_same):
            return f"{source} and {target} keep their jobs in the same place."
    elif not target.supports("enqueue_many"):
        return f"{target} cannot be given jobs with their ids: it defines no enqueue_many()."
    return ""


def carry(
    source: ServedBackend,
    target: BaseJobBackend,
    ids: Sequence[UUID],
    *,
    advance: Callable[[int], object] = lambda count: None,
) -> Moved:
    """
    Move those of the jobs that wait; first what a mover that died has left on its way.

    Raises MoveUnfinished if that was on its way to another target.
    """
    done = Moved()
    _finish(source, target, done=done)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        fitting = _fitting(source, target, batch, done=done)
        taken = _take(source, target, fitting)
        done.left["claimed by a worker in the meantime, or gone"] += len(fitting) - len(taken)
        _hand_over(source, target, taken, done=done)
        advance(len(batch))
    done.left += Counter()  # without the reasons that nobody had
    return done


def waiting(source: ServedBackend, wanted: Wanted) -> list[UUID]:
    return source.questions.ids(source.place, wanted)


def _finish(source: ServedBackend, target: BaseJobBackend, *, done: Moved) -> None:
    found = source.verbs.on_their_way(source.place)
    others = {job.reason for job in found} - {reason_of(target.alias)}
    if others:
        raise MoveUnfinished(
            f"Jobs of {source} are on their way, {' and '.join(sorted(others))}: that move was "
            f"interrupted. Finish it first: manage.py jobs move --from {source.alias} --to ALIAS."
        )
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        _hand_over(source, target, batch, done=done)
        done.resumed += len(batch)


def _fitting(
    source: ServedBackend, target: BaseJobBackend, ids: Sequence[UUID], *, done: Moved
) -> list[UUID]:
    """Return the jobs that the target can be given; note why the others stay."""
    found: list[UUID] = []
    for job in source.questions.rows(source.place, ids):
        try:
            call = call_of(job)
            if not isinstance(target, ServedBackend):
                accepted(target, mode_of(call), call, task=call.func)
        except JobError as error:
            done.left[str(error)] += 1
        else:
            found.append(job.pk)
    return found


def call_of(job: Job) -> Call:
    """Return the call that stores this job anew. Raises JobError where that is not all of it."""
    if "forged" in job.context:
        raise InvalidCall(str(job.context["forged"]))
    task = registry.resolve(job.task)
    rate = None
    if job.rate_key and not job.rate_key.startswith(OF_QUEUE):
        rate = task.options.get("rate")
        if rate is None:
            raise InvalidCall(f"{job.task} no longer declares the rate that its job waits for.")
    limit: Any = job.concurrency_key and (job.concurrency_key, job.concurrency_limit or 1)
    return Call(
        task,
        job.args,
        job.kwargs,
        when=job.run_after,
        priority=job.priority,
        queue=job.queue,
        key=job.active_key,
        max_attempts=job.max_attempts,
        timeout=job.timeout,
        expires_at=job.expires_at,
        concurrency=limit or None,
        rate=rate,
        label=job.label,
        creator=job.creator,
        id=job.pk,
        context=job.context,
    )


def _take(source: ServedBackend, target: BaseJobBackend, ids: Sequence[UUID]) -> list[Job]:
    reason = reason_of(target.alias)
    return source.verbs.take_away(source.place, ids, now=source.now(), reason=reason)


def _hand_over(
    source: ServedBackend, target: BaseJobBackend, jobs: Sequence[Job], *, done: Moved
) -> None:
    arrivals = _arrivals(jobs, done=done)
    if not arrivals:
        return
    held = _store(target, arrivals)
    _forget(source, [each.job_id for each in arrivals])
    done.held += held
    done.moved += len(arrivals) - len(held)


def _arrivals(jobs: Sequence[Job], *, done: Moved) -> list[Arrival]:
    """Return the jobs as the target takes them in; note why others must wait for another try."""
    found = []
    for job in jobs:
        try:
            call = call_of(job)
        except JobError as error:  # since it was taken away a deploy may have renamed its task
            done.left[str(error)] += 1
        else:
            told = {"attempts": job.attempts, "errors": job.errors, "suspect": job.suspect}
            found.append(Arrival(call=call, **told))
    return found


def _store(target: BaseJobBackend, arrivals: Sequence[Arrival]) -> list[UUID]:
    """Store what is not there yet; return those whose key another job has."""
    ids = [each.job_id for each in arrivals]
    there = target.get_many(ids) if target.supports("get_many") else {}  # type: ignore[attr-defined]
    new = [each for each in arrivals if not _is_known(there.get(each.job_id))]
    if not new:
        return []
    if isinstance(target, ServedBackend):
        return target.verbs.take_in(target.place, new)
    calls = [each.call for each in new]
    if isinstance(target, ElsewhereBackend):
        target.push(calls)  # now, and not when somebody's transaction commits
    else:
        target.enqueue_many(calls)  # type: ignore[attr-defined]
    return []


def _is_known(result: Any) -> bool:
    return result is not None and result.status != "unknown"


def _forget(source: ServedBackend, ids: Sequence[UUID]) -> None:
    source.verbs.let_go(source.place, ids)
