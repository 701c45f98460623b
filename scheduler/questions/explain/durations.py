"""How long the jobs of a schedule took, and whether the next is likely to meet the last."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

from scheduler.choices import Overlap
from scheduler.models import Occurrence, Schedule

LAST = 20  # jobs from which it is told

WOULD = {
    Overlap.SKIP: "it would be skipped",
    Overlap.QUEUE_ONE: "it would wait for the end of the other",
    Overlap.CANCEL_PREVIOUS: "it would end the other",
}


def usual(alias: str, key: str) -> timedelta | None:
    """Return the median from when a job was made to when it ended; None if none has."""
    ended = Occurrence.objects.using(alias).filter(
        schedule_key=key, batch="", job_id__isnull=False, ended_at__isnull=False
    )
    times = ended.order_by("-due_at").values_list("recorded_at", "ended_at")[:LAST]
    found = [until - since for since, until in times if until is not None]
    return timedelta(seconds=median(each.total_seconds() for each in found)) if found else None


def overlap_note(row: Schedule, took: timedelta | None, gap: timedelta) -> str:
    """Return what to expect of a due time that comes ``gap`` after the one before it."""
    if took is None or took <= gap or row.overlap == Overlap.ALLOW:
        return ""
    would = WOULD[Overlap(row.overlap)]
    return f"likely to overlap, as its jobs take {told(took)}: {would}"


def told(delta: timedelta) -> str:
    """Return "40 s", "12 min" or "3.5 h"."""
    seconds = delta.total_seconds()
    if seconds < 120:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
