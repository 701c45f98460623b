"""running -> ready, failed: the owner's lease has ended; take its jobs back."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tasks_core import clock
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job, Process
from tasks_core.signals import JobEnd
from tasks_core.states import JobState

BATCH = 10  # processes at a time
LOST = "lost"


@dataclass(frozen=True, slots=True)
class Rescued:
    """What one dead process left behind."""

    process: str
    count: int = 0
    ends: list[JobEnd] = field(default_factory=list)


def rescue(alias: str, *, now: datetime, rescuer: UUID | None = None) -> list[Rescued]:
    """
    Take back the jobs of processes whose lease has ended, by the database's own clock.

    A job that had not started is claimable again and its attempt not counted. One that had is
    claimable again while it has attempts left, and otherwise failed as "lost". The caller must
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
        Process.objects.using(alias).filter(pk__in=[each.pk for each in found]).update(
            stopped_at=now
        )
        return [each for process, each in rescued if each.count or process.stopped_at is None]

    return in_transaction(alias, take_back)


def dead(alias: str) -> QuerySet[Process]:
    """
    Return the processes whose lease has ended and that nobody has looked after.

    One that was stopped may own jobs nevertheless: it slept through its rescue, claimed once
    more, and died.
    """
    owns_jobs = Exists(Job.objects.using(alias).filter(claimed_by=OuterRef("pk")))
    return _expired(alias).filter(Q(stopped_at__isnull=True) | owns_jobs)


def _expired(alias: str) -> QuerySet[Process]:
    # The lease is compared in SQL alone: neither our clock nor a test's has a say.
    return Process.objects.using(alias).filter(lease_expires_at__lt=clock.DatabaseNow())


def _take_back(alias: str, process: Process, now: datetime) -> Rescued:
    mine = Job.objects.using(alias).filter(claimed_by=process)
    free = {"claimed_by": None, "claimed_at": None, "started_at": None}
    unstarted = mine.filter(started_at__isnull=True).move(
        JobState.RUNNING, JobState.READY, attempts=F("attempts") - 1, **free
    )
    repeated = mine.filter(attempts__lt=F("max_attempts")).move(
        JobState.RUNNING, JobState.READY, **free
    )
    # Locked, so that an owner who was only slow cannot settle one that is reported as lost.
    running = mine.filter(state=JobState.RUNNING).select_for_update()
    exhausted = list(running.values_list("pk", "context"))
    lost = mine.move(
        JobState.RUNNING,
        JobState.FAILED,
        claimed_by=None,
        finished_at=now,
        active_key=None,
        reason=LOST,
    )
    ends = [JobEnd(pk, JobState.FAILED, now, LOST, context) for pk, context in exhausted]
    return Rescued(process.name, unstarted + repeated + lost, ends)
