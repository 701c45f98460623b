"""Schedules that must succeed within a time, and have not: told once, and again when they have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Q, Subquery

from scheduler import conf, signals
from scheduler.models import Definition, Occurrence, Schedule, ScheduleQuerySet
from tasks_core import clock
from tasks_core.states import JobState


class Stale(NamedTuple):
    """A schedule that has not succeeded in time; ``succeeded_at`` is None if it never has."""

    key: str
    since: datetime
    succeeded_at: datetime | None


def look() -> int:
    """
    Note which schedules became stale or fresh, and send a signal for each; return how many.

    Any number of schedulers may look: of those that see the same, one notes and tells it.
    """
    alias = conf.database()
    found = {each.key: each for each in stale(alias, now=clock.db_now(alias))}
    noted = Schedule.objects.using(alias).exclude(stale_since=None)
    before = set(noted.values_list("key", flat=True))
    changed = 0
    for key in found.keys() - before:
        row = Schedule.objects.using(alias).filter(pk=key, stale_since=None)
        if row.update(stale_since=found[key].since):
            changed += 1
            signals.schedule_stale.send_robust(sender=Schedule, **found[key]._asdict())
    for key in before - found.keys():
        if noted.filter(pk=key).update(stale_since=None):
            changed += 1
            if _expected(alias).filter(pk=key).exists():
                signals.schedule_fresh.send_robust(sender=Schedule, key=key)
    return changed


def stale(alias: str, *, now: datetime) -> Iterator[Stale]:
    """Yield the schedules whose last success is longer ago than they may go without one."""
    ended = Occurrence.objects.filter(
        schedule_key=OuterRef("key"), job_state=JobState.SUCCESSFUL, ended_at__isnull=False
    )
    # By the due time, for which there is an index; a newer one that succeeded is as good.
    last = Subquery(ended.order_by("-due_at").values("ended_at")[:1])
    rows = _expected(alias).annotate(succeeded_at=last)
    read = ("key", "must_succeed_within", "known_since", "watermark", "succeeded_at")
    for key, within, known_since, watermark, succeeded_at in rows.values_list(*read):
        counted_from = max(filter(None, (succeeded_at, known_since)))
        if counted_from + within < now:  # unless it was off for some of that time
            counted_from = max(counted_from, _began_at(alias, key, watermark))
            if counted_from + within < now:
                yield Stale(key, counted_from + within, succeeded_at)


def _expected(alias: str) -> ScheduleQuerySet:
    runs = Q(enabled=True, retired_at=None)
    return Schedule.objects.using(alias).filter(runs, must_succeed_within__isnull=False)


def _began_at(alias: str, key: str, watermark: datetime) -> datetime:
    """Return since when the schedule has been on without a break."""
    versions = Definition.objects.using(alias).filter(schedule_key=key)
    began_at = watermark
    for since, until in versions.order_by("-since", "-pk").values_list("since", "until"):
        if until is not None and until != began_at:
            break
        began_at = since
    return began_at
