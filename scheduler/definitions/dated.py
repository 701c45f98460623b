"""Schedules whose calendar says something else now: they are planned anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from scheduler import conf
from scheduler.calendars import named
from scheduler.choices import Source
from scheduler.definitions import versions
from scheduler.definitions.takeover import take_over
from scheduler.exceptions import InvalidSchedule, SchedulerError
from scheduler.models import Schedule, ScheduleQuerySet
from tasks_core import clock


def using(*names: str) -> ScheduleQuerySet:
    """Return the schedules that have one of these calendars, but for the retired ones."""
    rows = Schedule.objects.using(conf.database())
    return rows.filter(calendar__in=names, retired_at=None)


def outdated() -> set[str]:
    """Return the calendars of which a schedule made in the database has an older content."""
    rows = Schedule.objects.using(conf.database()).exclude(calendar="")
    kept = rows.filter(source=Source.DATABASE, retired_at=None).order_by()
    found = set()
    for name, rules in set(kept.values_list("calendar", "calendar_rules")):
        try:
            if named(name).spec() != rules:
                found.add(name)
        except InvalidSchedule:  # it has gone from the settings; the row knows what it said
            continue
    return found


def plan_anew(names: Iterable[str], *, by: str) -> list[str]:
    """
    Let each schedule say what its calendar says now; return the keys of those that changed.

    In the caller's transaction: what was due until now is decided under the old rules.
    """
    alias = conf.database()
    rules = {name: named(name).spec() for name in names}
    changed = []
    for row in using(*rules).select_for_update().order_by("key"):
        if row.calendar_rules == rules[row.calendar]:
            continue
        try:
            with transaction.atomic(using=alias):
                _take_over(row, rules[row.calendar], now=clock.db_now(alias), by=by)
        except SchedulerError:  # only another release of the code knows its trigger: sync does it
            continue
        changed.append(row.key)
    return changed


def _take_over(row: Schedule, rules: str, *, now: datetime, by: str) -> None:
    if row.quarantined_at is None:
        take_over(row, {"calendar_rules": rules}, now=now, recorded_by=by)
        return
    # Another calendar is no release: what is due since waits for that, under the new rules.
    row.calendar_rules = rules
    versions.begin(row, recorded_by=by)
    row.save(using=conf.database(), update_fields=["calendar_rules", "definition_hash"])
