"""running -> ready, failed: the owner's lease has ended; take its jobs back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tasks_core import clock
from tasks_core.backends.database.cancel import cancel_requested
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.release import unclaim
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.backends.database.wakeup.telling import EVERYTHING, wake_after_commit
from tasks_core.backends.served.told import Rescued
from tasks_core.models import Job, Process
from tasks_core.outcomes import LOST
from tasks_core.signals import JobEnd
from tasks_core.states import JobState

BATCH = 10  # processes at a time

Key = tuple[UUID, int]  # a job and its fence


def rescue(alias: str, *, now: datetime, rescuer: UUID | None = None) -> list[Rescued]:
    """
    Take back the jobs of processes whose lease has ended, by the database's own clock.

    Whether a job had begun is unknown, so its attempt counts: it is claimable again, alone in
    a process, while it has attempts left, and otherwise failed as "lost". The caller must
    itself have had a full lease of unbroken contact: after an outage of the database every
    lease has ended, and nobody is dead. So it is when its clock jumps: a ``rescuer`` whose
    own lease has ended, too, takes nothing.
    """
    others = dead(alias).exclude(pk=rescuer) if rescuer else dead(alias)
    pks = list(others.values_list("pk", flat=True)[:BATCH])
    if not pks:
        return []
    if rescuer and not running(Process.objects.using(alias).filter(pk=rescuer)).exists():
        return []

    def take_back() -> list[Rescued]:
        # Another rescuer's processes are skipped; a renewal that comes now waits, and finds
        # that its process has been stopped.
        found = list(_expired(alias).filter(pk__in=pks).select_for_update(skip_locked=True))
        rescued = [(process, _take_back(alias, process, now)) for process in found]
        _stop(alias, found, now)
        return [each for process, each in rescued if each.count or process.stopped_at is None]

    return in_transaction(alias, take_back)


def bury(
    alias: str,
    process_id: UUID,
    *,
    now: datetime,
    started: Collection[Key],
    reasons: Mapping[Key, str] = MappingProxyType({}),
) -> list[Rescued]:
    """
    Take back at once what a process left that somebody has seen dead; nobody waits for a lease.

    ``started`` are the jobs, with their fences, whose user code had begun: they count as in
    ``rescue``, with the reason in ``reasons`` instead of "lost" if they fail. All others go
    back as if they had never been claimed.
    """

    def take_back() -> list[Rescued]:
        body = Process.objects.using(alias).filter(pk=process_id).select_for_update()
        found = list(body)
        for process in found:
            _give_back_unstarted(alias, process, started)
        rescued = [_take_back(alias, process, now, reasons=reasons) for process in found]
        _stop(alias, found, now)
        return rescued

    return in_transaction(alias, take_back)


def dead(alias: str) -> QuerySet[Process]:
    """
    Return the processes whose lease has ended and that nobody has looked after.

    One that was stopped may own jobs nevertheless: it slept through its rescue, claimed once
    more, and died.
    """
    owns_jobs = Exists(Job.rows.using(alias).filter(claimed_by=OuterRef("pk")))
    return _expired(alias).filter(Q(stopped_at__isnull=True) | owns_jobs)


def has_orphans(alias: str, queues: Sequence[str] | None = None) -> bool:
    """Say whether some job, of these queues, is owned by a process whose lease has ended."""
    of_queues = {} if queues is None else {"jobs__queue__in": queues}
    return dead(alias).filter(jobs__isnull=False, **of_queues).exists()


def _expired(alias: str) -> QuerySet[Process]:
    # The lease is compared in SQL alone: neither our clock nor a test's has a say.
    return Process.objects.using(alias).filter(lease_expires_at__lt=clock.DatabaseNow())


def _stop(alias: str, processes: list[Process], now: datetime) -> None:
    wake_after_commit(alias, [EVERYTHING])  # there may be more jobs than the rescuer can take
    pks = [process.pk for process in processes]
    Process.objects.using(alias).filter(pk__in=pks).update(stopped_at=now)


def _give_back_unstarted(alias: str, process: Process, started: Collection[Key]) -> int:
    owned = Job.rows.using(alias).filter(claimed_by=process).values_list("pk", "fence")
    unstarted = [pk for pk, fence in owned if (pk, fence) not in started]
    return unclaim(Job.rows.using(alias).filter(claimed_by=process, pk__in=unstarted))


def _take_back(
    alias: str,
    process: Process,
    now: datetime,
    *,
    reasons: Mapping[Key, str] = MappingProxyType({}),
) -> Rescued:
    mine = Job.rows.using(alias).filter(claimed_by=process)
    repeated = mine.filter(attempts__lt=F("max_attempts")).move(
        JobState.RUNNING,
        JobState.READY,
        suspect=True,
        claimed_by=None,
        claimed_at=None,
        started_at=None,
    )
    # Locked, so that an owner who was only slow cannot settle one that is reported as lost.
    exhausted = list(mine.filter(state=JobState.RUNNING).select_for_update())
    ends = [
        _fail(alias, job, now=now, reason=reasons.get((job.pk, job.fence), LOST))
        for job in exhausted
    ]
    count = repeated + len(ends)
    # With the same commit: whoever claimed one before it is cancelled would run it again.
    return Rescued(process.name, count, ends + cancel_requested(alias, now=now))


def _fail(alias: str, job: Job, *, now: datetime, reason: str) -> JobEnd:
    Job.rows.using(alias).filter(pk=job.pk, fence=job.fence).move(
        JobState.RUNNING,
        JobState.FAILED,
        claimed_by=None,
        finished_at=now,
        active_key=None,
        reason=reason,
    )
    return JobEnd(job.pk, JobState.FAILED, now, reason, job.context)
