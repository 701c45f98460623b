"""scheduled, ready -> cancelled: never run it; and ask those that run to stop."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import ask_for_cancel
from tasks_core.backends.served.told import Cancelled
from tasks_core.models import Job, JobQuerySet
from tasks_core.signals import JobEnd
from tasks_core.states import WAITING, JobState

BATCH = 500
REASON = "cancelled"


def cancel(alias: str, ids: Sequence[UUID], *, now: datetime, reason: str = REASON) -> Cancelled:
    """
    Cancel those of the jobs that have not been claimed, and ask the processes of those that run.

    A job that is asked twice is returned once.
    """
    jobs = Job.rows.using(alias).filter(pk__in=ids)

    def work() -> Cancelled:
        # All of them locked, so that none is claimed, or comes back from a claim, in between.
        unfinished = jobs.filter(finished_at__isnull=True).order_by("pk").select_for_update()
        rows = list(unfinished.values_list("pk", "state", "context", "claimed_by"))
        waiting = {pk: context for pk, state, context, _ in rows if state in WAITING}
        return Cancelled(
            _end(jobs, waiting, now=now, reason=reason),
            _ask(jobs, {pk: owner for pk, _, _, owner in rows if owner is not None}, now=now),
        )

    return in_transaction(alias, work)


def expire(alias: str, *, now: datetime, limit: int = BATCH) -> list[JobEnd]:
    """Cancel up to ``limit`` jobs whose ``expires_at`` has passed, and return them."""
    late = Job.rows.using(alias).filter(state__in=WAITING, expires_at__lte=now)
    ids = list(late.values_list("pk", flat=True)[:limit])
    # Asked again with the lock: an operator may have retried one, which then never expires.
    still = Job.rows.using(alias).filter(pk__in=ids, expires_at__lte=now)
    return _cancel(still, now=now, reason="expired") if ids else []


def cancel_requested(
    alias: str, *, now: datetime, ids: Collection[UUID] | None = None
) -> list[JobEnd]:
    """
    Cancel jobs that came back from a run although they had been asked to stop; return them.

    ``ids`` are those that have just come back; None means that all are looked for.
    """
    if ids is not None and not ids:
        return []
    wanted = Job.rows.using(alias).filter(
        state__in=WAITING, cancel_requested_at__isnull=False, finished_at__isnull=True
    )
    found = wanted if ids is None else wanted.filter(pk__in=ids)
    came_back = list(found.values_list("pk", flat=True)[:BATCH])
    return _cancel(wanted.filter(pk__in=came_back), now=now, reason=REASON) if came_back else []


def cancel_requests(alias: str, owner: UUID) -> list[tuple[UUID, int]]:
    """Return the jobs, with their fences, that the process ``owner`` runs and shall stop."""
    mine = Job.rows.using(alias).filter(claimed_by=owner, cancel_requested_at__isnull=False)
    return list(mine.values_list("pk", "fence"))


def _cancel(jobs: JobQuerySet, *, now: datetime, reason: str) -> list[JobEnd]:
    def work() -> list[JobEnd]:
        # Locked first, so that what is returned is what was cancelled.
        waiting = jobs.filter(state__in=WAITING).select_for_update(skip_locked=True)
        return _end(jobs, dict(waiting.values_list("pk", "context")), now=now, reason=reason)

    return in_transaction(jobs.db, work)


def _end(
    jobs: JobQuerySet, found: dict[UUID, dict[str, object]], *, now: datetime, reason: str
) -> list[JobEnd]:
    if not found:
        return []
    mine = Job.rows.using(jobs.db).filter(pk__in=found)
    admit_after_commit(jobs.db, keys_of(mine))  # they may have held permits
    for state in WAITING:
        mine.move(state, JobState.CANCELLED, finished_at=now, active_key=None, reason=reason)
    return [JobEnd(pk, JobState.CANCELLED, now, reason, context) for pk, context in found.items()]


def _ask(jobs: JobQuerySet, owners: dict[UUID, UUID], *, now: datetime) -> list[UUID]:
    if not owners:
        return []
    running = jobs.filter(pk__in=owners, state=JobState.RUNNING)
    running.filter(cancel_requested_at__isnull=True).update(cancel_requested_at=now)
    ask_for_cancel(jobs.db, set(owners.values()))
    return sorted(owners)
