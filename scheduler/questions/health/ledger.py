"""The ledger: what its rows may never say, as far as the newest and the open ones tell."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Max

from scheduler.choices import Outcome
from scheduler.models import Occurrence, Schedule
from scheduler.questions.elsewhere import not_missing
from tasks_core.backends.database.questions.findings import (
    NAMED,
    Finding,
    Level,
    counted,
    good,
    listed,
    rounded,
)
from tasks_core.models import Job
from tasks_core.states import FINAL

PATIENCE = timedelta(minutes=5)  # the end of a job is noted at once, or a minute later
LOOKED_AT = 2_000  # rows without an end, the oldest
RECENT = timedelta(days=1)
SLACK = timedelta(seconds=5)  # two statements read the clock apart
AUDIT = "manage.py schedules audit tells which"


def ends(alias: str, *, now: datetime) -> Finding:
    """Find rows whose job is gone, or ended without being noted."""
    rows = Occurrence.objects.using(alias).filter(job_state="", outcome=Outcome.ENQUEUED)
    old = rows.filter(recorded_at__lt=now - PATIENCE).order_by("pk")
    by_job = dict(old.values_list("job_id", "schedule_key")[:LOOKED_AT])
    asked = [job_id for job_id in by_job if job_id is not None]
    ended_at: dict[object, datetime | None] = {}
    for start in range(0, len(asked), 500):
        some = Job.objects.using(alias).filter(pk__in=asked[start : start + 500])
        for pk, state, at in some.values_list("pk", "state", "finished_at"):
            ended_at[pk] = at if state in FINAL else None
    missing = [job_id for job_id in asked if job_id not in ended_at]
    gone = sorted({by_job[job_id] for job_id in set(missing) - not_missing(alias, missing)})
    unseen = [pk for pk, at in ended_at.items() if at is not None and at < now - PATIENCE]
    if gone:
        return _wrong("ends", gone, "The ledger names jobs that do not exist", advice=AUDIT)
    if unseen:
        keys = sorted({by_job[pk] for pk in unseen})  # type: ignore[index]
        told = "Jobs ended, and the ledger does not know"
        advice = "A living scheduler notes it: manage.py run_scheduler"
        return _wrong("ends", keys, told, advice=advice, level=Level.WARNING)
    return good("ends", "The ledger knows how the jobs of schedules ended.")


def times(alias: str, *, now: datetime) -> Finding:
    """Find rows of the last day that were recorded before they were due."""
    rows = Occurrence.objects.using(alias).filter(
        recorded_at__gte=now - RECENT, until_at__gt=F("recorded_at"), batch=""
    )
    keys = sorted(set(rows.values_list("schedule_key", flat=True)[:NAMED]))
    if not keys:
        return good("times", "Nothing was recorded before it was due.")
    return _wrong("times", keys, "Recorded before it was due", advice=AUDIT)


def watermarks(alias: str, *, now: datetime) -> Finding:
    """Find schedules that are decided beyond now: the database's clock was set back."""
    ahead = Schedule.objects.using(alias).active().filter(watermark__gt=now + SLACK)
    latest = ahead.aggregate(at=Max("watermark"))["at"]
    if latest is None:
        return good("watermarks", "Nothing is decided beyond now.")
    number = counted(ahead.count(), "schedule is", "schedules are")
    return Finding(
        about="watermarks",
        level=Level.FAILURE,
        text=f"{number} decided beyond now, for up to {rounded(latest - now)}: "
        "the database's clock was set back. Until then nothing of it becomes due again.",
        advice="Let the database's machine follow a time server.",
        named=list(ahead.order_by("key").values_list("key", flat=True)[:NAMED]),
    )


def _wrong(
    about: str, keys: list[str], text: str, *, advice: str, level: Level = Level.FAILURE
) -> Finding:
    told = f"{text}: {listed(keys)}."
    return Finding(about=about, level=level, text=told, advice=advice, named=keys[:NAMED])
