"""How scheduled jobs ended, into the ledger: one UPDATE per state and instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from scheduler import conf
from scheduler.models import Occurrence, Schedule
from tasks_core.signals import JobEnd, jobs_ended


@receiver(jobs_ended)
def note_ends(ends: Iterable[JobEnd], **kwargs: Any) -> None:
    """Write into the ledger how scheduled jobs ended: one UPDATE per state and instant."""
    groups: dict[tuple[str, datetime], list[JobEnd]] = defaultdict(list)
    for end in ends:
        if "scheduled_for" in end.context:
            groups[end.state, end.at].append(end)
    for (state, at), ended in groups.items():
        note_end([end.id for end in ended], state=state, at=at)
        awaited = [end.id for end in ended if "awaited" in end.context]
        if awaited:
            look_again(awaited, now=at)


def note_end(job_ids: Sequence[UUID], *, state: str, at: datetime) -> None:
    if job_ids:
        jobs = Occurrence.objects.using(conf.database()).filter(job_id__in=job_ids)
        jobs.update(job_state=state, ended_at=at)


def look_again(job_ids: Sequence[UUID], *, now: datetime) -> None:
    """Let the due times that wait for the end of these jobs be decided now."""
    waiting = Schedule.objects.using(conf.database()).filter(waits_for__in=job_ids)
    waiting.filter(next_due_at__gt=now, watermark__lt=now).update(next_due_at=now)
