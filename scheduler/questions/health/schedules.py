"""The schedules: which of them are not doing what they should, and which are held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from scheduler import conf, freshness
from scheduler.choices import Reason
from scheduler.definitions.trial import refusals
from scheduler.models import Maintenance, Occurrence, Schedule, ScheduleQuerySet
from tasks_core.backends.database.questions.findings import (
    NAMED,
    Finding,
    Level,
    counted,
    good,
    listed,
    rounded,
)

PATIENCE = timedelta(seconds=60)  # a due time that is not decided for longer is overdue
RECENT = timedelta(days=8)  # overlaps that are recorded in it count: a week, and a day more
LONGEST = 80  # characters of an error


def overdue(alias: str, *, now: datetime) -> Finding:
    """Find due times that nobody has decided, without those that wait for a job to end."""
    late = _active(alias).filter(next_due_at__lt=now - PATIENCE, waits_for=None, error_count=0)
    late = late.order_by("next_due_at")
    oldest = late.first()
    if oldest is None or oldest.next_due_at is None:
        return good("overdue", "Every due time is decided in time.")
    since = rounded(now - oldest.next_due_at)
    return _bad(
        "overdue",
        late.values_list("key", flat=True)[:NAMED],
        f"{counted(late.count(), 'schedule is', 'schedules are')} overdue, for up to {since}",
        advice="manage.py run_scheduler; its log says why it leaves one alone",
    )


def refused() -> Finding:
    """Find declarations that no sync takes."""
    if not (problems := refusals()):
        return good("declared", "Every declaration can be a schedule.")
    return _bad(
        "declared",
        list(problems)[:NAMED],
        "Refused by every sync, so that a row of it stays as it is",
        told=[f"{key} ({_cut(problem.rstrip('.'))})" for key, problem in problems.items()],
        advice="manage.py check --database default",
    )


def quarantined(alias: str) -> Finding:
    """Find the schedules that are left alone, for they failed too often."""
    out = Schedule.objects.using(alias).filter(quarantined_at__isnull=False, retired_at=None)
    if not (rows := out.filter(enabled=True).order_by("quarantined_at")[:NAMED]):
        return good("quarantine", "No schedule is in quarantine.")
    return _bad(
        "quarantine",
        [row.key for row in rows],
        "In quarantine",
        told=[f"{row.key} ({_cut(row.error)})" for row in rows],
        advice="Correct it, then: manage.py schedules release KEY",
    )


def failing(alias: str, *, now: datetime) -> Finding:
    """Find the schedules that could not be decided, and will be tried again."""
    rows = _active(alias).filter(error_count__gt=0).order_by("-error_count")[:NAMED]
    if not rows:
        return good("failing", "No schedule fails.")
    return _bad(
        "failing",
        [row.key for row in rows],
        "Could not be decided, and will be tried again",
        told=[f"{row.key} ({_cut(row.error)})" for row in rows],
        advice=f"After {conf.tuning().quarantine_after} errors in a row it is put in quarantine.",
        level=Level.WARNING,
    )


def overlapping(alias: str, *, now: datetime) -> Finding:
    """Find the schedules whose last due times were skipped, for the job before does not end."""
    limit = conf.tuning().overlaps_in_a_row
    ledger = Occurrence.objects.using(alias).filter(batch="")
    newest = ledger.filter(schedule_key=OuterRef("schedule_key")).order_by("-due_at")
    rows = ledger.filter(
        Q(count__gte=limit) | Q(count=None),
        reason=Reason.OVERLAP,
        recorded_at__gte=now - RECENT,
        pk=Subquery(newest.values("pk")[:1]),
    )
    keys = [row.schedule_key for row in rows.order_by("schedule_key")[:NAMED]]
    active = sorted(_active(alias).filter(key__in=keys).values_list("key", flat=True))
    if not active:
        return good("overlaps", f"No schedule was skipped {limit} times in a row for overlap.")
    return _bad(
        "overlaps",
        active,
        f"Skipped {limit} times or more in a row, as the job before does not end",
        advice="manage.py schedules explain KEY; jobs doctor says what is wrong with jobs",
    )


def stale(alias: str, *, now: datetime) -> Finding:
    """Find the schedules that have not succeeded within their ``must_succeed_within``."""
    rows = list(freshness.stale(alias, now=now))
    if not rows:
        return good("freshness", "Every schedule that must succeed within a time has.")
    return _bad(
        "freshness",
        [row.key for row in rows[:NAMED]],
        "Not succeeded in time",
        told=[f"{row.key} (for {rounded(now - row.since)})" for row in rows[:NAMED]],
        advice="manage.py schedules explain KEY; manage.py jobs list --state failed",
    )


def held(alias: str, *, now: datetime) -> Iterator[Finding]:
    """Find what somebody wanted to stop, and may have forgotten."""
    still = Q(ended_at=None) | Q(ended_at__gt=now)
    for each in Maintenance.objects.using(alias).filter(still, began_at__lte=now):
        by = f" by {each.by}" if each.by else ""
        why = f" ({each.reason})" if each.reason else ""
        until = f" until {each.ended_at:%Y-%m-%d %H:%M}Z" if each.ended_at else ""
        yield Finding(
            about="maintenance",
            level=Level.NOTE,
            text=f"Maintenance since {each.began_at:%Y-%m-%d %H:%M}Z{until}{by}{why}: "
            "nothing that is due starts.",
            advice="manage.py schedules maintenance --help says how to end it",
        )
    paused = _active(alias).filter(paused_at__isnull=False, paused_until=None)
    keys = list(paused.order_by("paused_at").values_list("key", flat=True)[:NAMED])
    if keys:
        advice = "manage.py schedules resume KEY"
        told = f"Paused without an end: {listed(keys)}."
        yield Finding(about="pauses", level=Level.NOTE, text=told, advice=advice, named=keys)


def _active(alias: str) -> ScheduleQuerySet:
    return Schedule.objects.using(alias).active()


def _bad(
    about: str,
    keys: Iterable[str],
    text: str,
    *,
    advice: str,
    told: Sequence[str] = (),
    level: Level = Level.FAILURE,
) -> Finding:
    named = list(keys)
    return Finding(
        about=about,
        level=level,
        text=f"{text}: {listed(told or named)}.",
        advice=advice,
        named=named,
    )


def _cut(error: str) -> str:
    return error if len(error) <= LONGEST else f"{error[: LONGEST - 1]}…"
