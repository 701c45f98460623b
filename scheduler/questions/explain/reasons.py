"""Why a due time became no job, in a sentence, with what else the tables know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from scheduler.choices import Outcome, Reason
from scheduler.models import Maintenance, Occurrence, OperatorAction, Schedule
from scheduler.questions.explain.moments import utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A skip of the ledger, and the due time ``at`` that it stands for; the schedule as it is."""

    alias: str
    row: Occurrence
    at: datetime
    schedule: Schedule | None

    def __str__(self) -> str:
        sentence, more = SENTENCES[Reason(self.row.reason)]
        return f"{sentence}{more(self) if more else ''}."

    @property
    def jobs(self) -> QuerySet[Occurrence]:
        """The due times of the schedule that became jobs."""
        ledger = Occurrence.objects.using(self.alias).filter(batch="", outcome=Outcome.ENQUEUED)
        return ledger.filter(schedule_key=self.row.schedule_key)


def _job_before(skip: Skip) -> str:
    before = skip.jobs.filter(due_at__lt=skip.row.due_at).order_by("-due_at").first()
    if before is None:
        return ""
    ended = f", and ended at {utc(before.ended_at)}" if before.ended_at else ""
    return f": job {before.job_id}, which was due at {utc(before.due_at)}{ended}"


def _job_after(skip: Skip) -> str:
    taken = skip.jobs.filter(due_at__gt=skip.row.until_at).order_by("due_at").first()
    return f": {utc(taken.due_at)}" if taken else ""


def _pause(skip: Skip) -> str:
    acts = OperatorAction.objects.using(skip.alias).filter(verb="pause", at__lte=skip.at)
    act = acts.filter(schedule_key=skip.row.schedule_key).order_by("-at").first()
    if act is not None:
        return _by(act.at, act.by, act.reason)
    row = skip.schedule
    if row is not None and row.paused_at is not None and row.paused_at <= skip.at:
        return _by(row.paused_at, row.paused_by, row.pause_reason)
    return ""


def _maintenance(skip: Skip) -> str:
    still = Q(ended_at=None) | Q(ended_at__gt=skip.at)
    found = Maintenance.objects.using(skip.alias).filter(still, began_at__lte=skip.at).first()
    return _by(found.began_at, found.by, found.reason) if found else ""


def _calendar(skip: Skip) -> str:
    return f": {skip.schedule.calendar}" if skip.schedule and skip.schedule.calendar else ""


def _condition(skip: Skip) -> str:
    path = skip.schedule.enabled_if if skip.schedule else ""
    return f": {path} said no" if path else ""


def _by(at: datetime, who: str, why: str) -> str:
    return f" since {utc(at)}{f' by {who}' if who else ''}{f' ({why})' if why else ''}"


SENTENCES: dict[Reason, tuple[str, Callable[[Skip], str] | None]] = {
    Reason.OVERLAP: ("The previous job had not ended", _job_before),
    Reason.PAUSED: ("The schedule was paused", _pause),
    Reason.COALESCED: ("Nobody looked in time, and a newer due time was taken", _job_after),
    Reason.MISSED_WINDOW: ("Nobody looked in time: it was later than its window allows", None),
    Reason.CAPPED: ("More was missed than the catch-up limit; the newest were taken", None),
    Reason.CALENDAR: ("Its calendar excluded it", _calendar),
    Reason.MAINTENANCE: ("There was maintenance", _maintenance),
    Reason.ENVIRONMENT: ("It was not to run in that environment", _condition),
    Reason.DECLINED: ("Its own arguments declined: what computes them returned SKIP", None),
    Reason.REPLACED: ("Its definition was replaced by who could not run the old one", None),
    Reason.ENDED: ("The schedule had had all its runs", None),
    Reason.ERROR: ("Its definition was replaced, and the old one failed when it was decided", None),
}
