"""
How scheduled jobs ended, into the ledger: one UPDATE per state and instant.

That jobs have failed for good is told in the transaction that notes it: a process may die at any
instruction, and whoever listens has done its part, or the end is still to be noted and told.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from scheduler import conf
from scheduler.models import Occurrence, Schedule
from scheduler.signals import occurrences_failed
from tasks_core.backends.database.transactions import in_transaction, is_outage
from tasks_core.signals import JobEnd, jobs_ended
from tasks_core.states import JobState

logger = logging.getLogger("scheduler")


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
    """Write how these jobs ended; what of it cannot be told now stays open, and is tried again."""
    note = partial(_note, state=state, at=at)
    if not job_ids:
        return
    try:
        note(job_ids)
    except Exception as error:
        if state != JobState.FAILED or is_outage(error):
            raise
        # A listener refused one of them, which must not keep the others open.
        for job_id in job_ids:
            _note_alone(job_id, note)


def _note(job_ids: Sequence[UUID], *, state: str, at: datetime) -> None:
    alias = conf.database()
    jobs = Occurrence.objects.using(alias).filter(job_id__in=job_ids)

    def tell_and_write() -> None:
        # Schedules are locked before their occurrences, as in a tick.
        occurrences_failed.send(sender=Occurrence, job_ids=job_ids)
        jobs.update(job_state=state, ended_at=at)

    if state == JobState.FAILED:
        in_transaction(alias, tell_and_write)
    else:
        jobs.update(job_state=state, ended_at=at)


def _note_alone(job_id: UUID, note: Callable[[Sequence[UUID]], None]) -> None:
    try:
        note([job_id])
    except Exception as error:
        if is_outage(error):
            raise
        logger.exception("that job %s failed could not be told, and is tried again", job_id)


def look_again(job_ids: Sequence[UUID], *, now: datetime) -> None:
    """Let the due times that wait for the end of these jobs be decided now."""
    waiting = Schedule.objects.using(conf.database()).filter(waits_for__in=job_ids)
    waiting.filter(next_due_at__gt=now, watermark__lt=now).update(next_due_at=now)
