"""Is it alive, what is late, what failed: each as one value, and as a sentence when it is bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduler import conf
from scheduler.dashboard.jobs import job_database
from scheduler.models import Schedule, ScheduleQuerySet
from tasks_core.backends.database.questions import indexed
from tasks_core.models import Process
from tasks_core.states import JobState

DAY = timedelta(days=1)
PATIENCE = timedelta(seconds=60)  # a job that is due longer than this wants a worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One value of the health strip; ``advice`` says what to do, ``since`` when it began."""

    key: str
    label: str
    value: str
    level: str  # good, bad, or off: nothing to judge
    detail: str = ""
    advice: str = ""
    since: datetime | None = None


def vitals(*, now: datetime) -> list[Vital]:
    return [schedulers(now), overdue(now), workers(now), oldest_ready(now), failed(now)]


def schedulers(now: datetime) -> Vital:
    alive = alive_processes("scheduler", conf.database(), now)
    if alive:
        return _alive("schedulers", _("Schedulers"), alive)
    if not _schedules().active().exists():
        told = _("there is nothing to schedule")
        return Vital(key="schedulers", label=_("Schedulers"), value="0", level="off", detail=told)
    return Vital(
        key="schedulers",
        label=_("Schedulers"),
        value=_("none"),
        level="bad",
        detail=_("Nothing becomes due. Start one:"),
        advice="manage.py run_scheduler",
    )


def workers(now: datetime) -> Vital:
    alive = alive_processes("worker", job_database(), now)
    if alive:
        return _alive("workers", _("Workers"), alive)
    return Vital(
        key="workers",
        label=_("Workers"),
        value=_("none"),
        level="bad",
        detail=_("Jobs wait and none runs. Start one:"),
        advice="manage.py run_worker",
    )


def overdue(now: datetime) -> Vital:
    """Count what is due and not in the ledger, longer ago than two looks of a scheduler."""
    patience = timedelta(seconds=2 * conf.tuning().tick_seconds)
    late = _schedules().active().filter(next_due_at__lt=now - patience)
    quarantined = _schedules().filter(quarantined_at__isnull=False, retired_at=None)
    count, stuck = late.count(), quarantined.count()
    details = [
        ngettext("%d is in quarantine", "%d are in quarantine", stuck) % stuck if stuck else "",
        _("due and not in the ledger") if count else "",
    ]
    return Vital(
        key="overdue",
        label=_("Overdue schedules"),
        value=str(count + stuck),
        level="bad" if count or stuck else "good",
        detail=", ".join(filter(None, details)) or _("every due time is in the ledger"),
        advice="manage.py schedules list" if count or stuck else "",
        since=late.aggregate(at=Min("next_due_at"))["at"],
    )


def oldest_ready(now: datetime) -> Vital:
    since = indexed.oldest_waiting_at(job_database(), now=now)
    late = since is not None and since < now - PATIENCE
    return Vital(
        key="oldest_ready",
        label=_("Oldest waiting job"),
        value="" if since else _("none"),
        level="bad" if late else "good",
        detail=_("More workers would help:") if late else _("no job waits for long"),
        advice="manage.py run_worker" if late else "",
        since=since,
    )


def failed(now: datetime) -> Vital:
    recent = indexed.ended(job_database(), JobState.FAILED).filter(finished_at__gte=now - DAY)
    count = indexed.counted(recent)
    return Vital(
        key="failed",
        label=_("Failed jobs"),
        value=str(count),
        level="bad" if count else "good",
        detail=_("in the past 24 hours"),
        advice="manage.py jobs list --state failed" if count else "",
    )


def _schedules() -> ScheduleQuerySet:
    return Schedule.objects.using(conf.database())


def alive_processes(kind: str, alias: str, now: datetime) -> list[Process]:
    processes = Process.objects.using(alias).filter(
        kind=kind, stopped_at__isnull=True, lease_expires_at__gt=now
    )
    return list(processes.order_by("started_at")[:100])


def _alive(key: str, label: str, processes: list[Process]) -> Vital:
    return Vital(
        key=key,
        label=label,
        value=str(len(processes)),
        level="good",
        detail=_("alive, the oldest since"),
        since=processes[0].started_at,
    )
