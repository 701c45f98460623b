"""One instant: was the schedule due then, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from scheduler import conf
from scheduler.choices import Outcome
from scheduler.due.gates import MICROSECOND
from scheduler.exceptions import InvalidSchedule
from scheduler.models import Definition, Occurrence, Schedule
from scheduler.questions.explain.durations import told
from scheduler.questions.explain.history import off
from scheduler.questions.explain.moments import utc
from scheduler.questions.explain.reasons import Skip
from scheduler.questions.timeline import Timeline, timeline
from tasks_core.models import Job
from tasks_core.states import FINAL, JobState

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Why a schedule did, or did not, run at ``at``; ``known`` says more, a sentence each.

    The verdict is one of: job, skipped, not due, off, undecided, forgotten, unexplained.
    """

    key: str
    at: datetime
    verdict: str
    sentence: str
    known: list[str]
    before: datetime | None  # the due times beside it, by what the schedule said then
    after: datetime | None
    job_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What the tables hold about one instant."""

    alias: str
    moment: datetime
    now: datetime
    schedule: Schedule | None
    stored: Sequence[Definition]
    line: Timeline
    row: Occurrence | None  # of the ledger, that covers the instant
    was_due: bool


def at(key: str, moment: datetime, *, now: datetime) -> Answer:
    """Return what the definitions of the time and the ledger say. Raises InvalidSchedule."""
    case = _case(conf.database(), key, moment, now=now)
    verdict, sentence = _judged(case)
    begin = case.stored[0].since if case.stored else moment
    return Answer(
        key=key,
        at=moment,
        verdict=verdict,
        sentence=sentence,
        known=[*_known(case), *_besides(case, key)],
        before=case.line.last(begin, moment - MICROSECOND) if begin < moment else None,
        after=case.line.next_after(moment),
        job_id=case.row.job_id if case.row and case.was_due else None,
    )


def _case(alias: str, key: str, moment: datetime, *, now: datetime) -> _Case:
    schedule = Schedule.objects.using(alias).filter(pk=key).first()
    history = Definition.objects.using(alias).filter(schedule_key=key)
    stored = list(history.order_by("since", "pk"))
    if schedule is None and not stored:
        raise InvalidSchedule(f"There is no schedule {key!r:.80}, and there was none.")
    line = timeline(key, stored, until=FAR)
    ledger = Occurrence.objects.using(alias).filter(schedule_key=key, batch="")
    row = ledger.filter(due_at__lte=moment).order_by("-due_at").first()
    row = row if row is not None and row.until_at >= moment else None
    was_due = line.is_due(moment) or (row is not None and row.due_at == moment)
    return _Case(
        alias=alias,
        moment=moment,
        now=now,
        schedule=schedule,
        stored=stored,
        line=line,
        row=row,
        was_due=was_due,
    )


def _judged(case: _Case) -> tuple[str, str]:
    row = case.row if case.was_due else None
    if row is None:
        return _unrecorded(case)
    if row.outcome == Outcome.ENQUEUED:
        return "job", f"It became job {row.job_id}, {_job(case.alias, row)}."
    skip = Skip(alias=case.alias, row=row, at=case.moment, schedule=case.schedule)
    return "skipped", str(skip)


def _unrecorded(case: _Case) -> tuple[str, str]:
    schedule, version = case.schedule, case.line.at(case.moment)
    if case.line.is_unread(case.moment - MICROSECOND, case.moment):
        return "unexplained", "What it said then has a trigger that is not known here."
    if version is None:
        return "off", off(case.alias, case.stored, schedule, at=case.moment)
    if not case.was_due:
        said = version.stored.definition.get("trigger", "")
        return "not due", f"It was not due then: its trigger was {said!r:.200}."
    if schedule is not None and case.moment > schedule.watermark:
        return "undecided", _undecided(case, schedule)
    if schedule is not None and case.moment <= schedule.floor:
        kept = f"its rows are kept for {conf.tuning().retention.days} days"
        return "forgotten", f"It was due, and the ledger has forgotten it: {kept}."
    return "unexplained", "It was due, and nothing is recorded: run `schedules audit`."


def _job(alias: str, row: Occurrence) -> str:
    if row.job_state:
        ended = f" at {utc(row.ended_at)}" if row.ended_at else ""
        return f"which ended as {row.job_state}{ended}"
    job = Job.objects.using(alias).filter(pk__in=[row.job_id]).first()
    if job is None:
        return "which is not there any more, and nobody saw it end"
    if job.state in FINAL:
        return f"which ended as {job.state}"
    if job.state == JobState.RUNNING:
        return f"which runs since {utc(job.started_at or job.run_after)}"
    return f"which waits in queue {job.queue}, {job.state} since {utc(job.run_after)}"


def _undecided(case: _Case, schedule: Schedule) -> str:
    if case.moment > case.now:
        return "It will be due then."
    if schedule.quarantined_at is not None:
        return (
            f"It is due, and in quarantine since {utc(schedule.quarantined_at)}: {schedule.error}"
        )
    if schedule.waits_for is not None:
        return f"It is due, and waits for job {schedule.waits_for} to end."
    if schedule.error:
        return f"It is due, and could not be decided yet: {schedule.error}"
    return "It is due, and no scheduler has decided it yet: run `schedules doctor`."


def _known(case: _Case) -> Iterator[str]:
    """Yield who recorded it when, how many due times the row stands for, and what was in force."""
    row = case.row if case.was_due else None
    if row is not None:
        by = f" by {row.recorded_by}" if row.recorded_by else ""
        late = row.recorded_at - case.moment
        yield f"Recorded at {utc(row.recorded_at)}{by}, {told(late)} after it was due."
        if row.until_at != row.due_at:
            count = "more than anybody counted" if row.count is None else str(row.count)
            stretch = f"{utc(row.due_at)} to {utc(row.until_at)}"
            yield f"Its row stands for {count} due times, from {stretch}."
    version = case.line.at(case.moment)
    if version is not None:
        until = f" until {utc(version.stored.until)}" if version.stored.until else ""
        by = f" by {version.stored.recorded_by}" if version.stored.recorded_by else ""
        release = f", release {version.stored.release}" if version.stored.release else ""
        yield f"In force since {utc(version.since)}{until}{by}{release}."


def _besides(case: _Case, key: str) -> Iterator[str]:
    """Yield the jobs that somebody asked for beside the schedule."""
    ledger = Occurrence.objects.using(case.alias).filter(schedule_key=key, due_at=case.moment)
    for row in ledger.exclude(batch="").order_by("pk"):
        yield f"Beside the schedule: {row.outcome} in {row.batch}, job {row.job_id}."
