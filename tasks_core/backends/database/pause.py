"""Queues that rest: their jobs are stored and wait, and those that run go on."""

from datetime import datetime

from tasks_core.backends.database.limits.allowances import LIMITED
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import EVERYTHING, wake_after_commit
from tasks_core.models import Job, Queue
from tasks_core.options import MAX_LABEL
from tasks_core.outcomes import storable
from tasks_core.states import JobState

MAX_REASON = 255


def pause(alias: str, queue: str, *, now: datetime, by: str = "", reason: str = "") -> bool:
    """Let nobody claim a job of ``queue``; return False if it was paused already."""

    def note() -> bool:
        queues = Queue.objects.using(alias)
        # Locked, so that nobody prunes it before it is paused.
        row, _ = queues.select_for_update().get_or_create(name=queue)
        told = {"paused_by": _text(by, MAX_LABEL), "reason": _text(reason, MAX_REASON)}
        # Compare and set: of two who pause it at once one is told that it was the first.
        running = queues.filter(pk=row.pk, paused_at__isnull=True)
        if not running.update(paused_at=now, **told):
            return False
        _give_permits_back(alias, queue)
        return True

    return in_transaction(alias, note)


def resume(alias: str, queue: str) -> bool:
    """Let the jobs of ``queue`` be claimed again; return False if it was not paused."""
    rests = Queue.objects.using(alias).filter(pk=queue, paused_at__isnull=False)
    was_paused = bool(rests.update(paused_at=None, paused_by="", reason=""))
    if was_paused:
        wake_after_commit(alias, [EVERYTHING])
    return was_paused


def paused(alias: str) -> frozenset[str]:
    """Return the names of the queues that are paused."""
    rest = Queue.objects.using(alias).filter(paused_at__isnull=False)
    return frozenset(rest.values_list("name", flat=True))


def _give_permits_back(alias: str, queue: str) -> None:
    """Park what was let through and has not begun: jobs of other queues may have its keys."""
    ready = Job.rows.using(alias).in_state(JobState.READY).filter(LIMITED, queue=queue)
    ready.filter(parked=False).update(parked=True)


def _text(text: str, limit: int) -> str:
    return storable(str(text)[:limit], limit)[:limit]
