"""nothing -> scheduled, ready: store calls, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from django.db import IntegrityError, transaction

from tasks_core import conf, ids
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.calls import Call
from tasks_core.models import Job
from tasks_core.states import JobState

BATCH = 500  # rows in one INSERT: below SQLite's limit of bound parameters
KEY_TRIES = 3


class Stored(NamedTuple):
    """The job of one call. It is not new when another call's job holds the key."""

    job: Job
    is_new: bool


def enqueue(alias: str, calls: Sequence[Call], *, now: datetime) -> list[Stored]:
    """
    Store ``calls`` and return their jobs, in the same order.

    A call with a key of which an unfinished job exists stores nothing: its job is that one.
    Repeated after a deadlock, unless inside a caller's transaction. Raises IntegrityError for a
    call whose ``id`` is taken.
    """

    def store() -> list[Stored]:
        jobs = [_row(call, now) for call in calls]
        plain = [job for job in jobs if job.active_key is None]
        Job.objects.using(alias).bulk_create(plain, batch_size=BATCH)
        return [
            Stored(job, is_new=True) if job.active_key is None else _once(alias, job)
            for job in jobs
        ]

    return in_transaction(alias, store)


def _row(call: Call, now: datetime) -> Job:
    # Checked calls carry an instant; anything else could not be compared with now.
    run_after = cast("datetime", call.when) or now
    return Job(
        id=call.id or ids.job_id(),
        task=call.func.name,
        args=call.args,
        kwargs=call.kwargs,
        queue=call.queue,
        priority=call.priority,
        state=JobState.SCHEDULED if run_after > now else JobState.READY,
        run_after=run_after,
        enqueued_at=now,
        expires_at=call.expires_at,
        max_attempts=call.max_attempts or conf.get("MAX_ATTEMPTS"),
        active_key=call.key,
        label=call.label,
        creator=cast("str", call.creator),
        context=call.context,
    )


def _once(alias: str, job: Job) -> Stored:
    """Store ``job``, or return the unfinished one that has its key."""
    unfinished = Job.objects.using(alias).filter(active_key=job.active_key)
    for _ in range(KEY_TRIES):
        found = unfinished.first()
        if found is not None:
            return Stored(found, is_new=False)
        try:
            with transaction.atomic(using=alias):
                job.save(using=alias, force_insert=True)
        except IntegrityError:
            continue  # another process stored one in between; it may even have ended by now
        return Stored(job, is_new=True)
    job.save(using=alias, force_insert=True)  # says what is really wrong
    return Stored(job, is_new=True)
