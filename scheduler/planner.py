"""
A schedule + now -> what is to be recorded for (watermark, now]. Pure: no clock, no database.

The stretch is cut where a policy changes its mind: due times under a pause, then those
older than the window, then the eligible ones. Each part costs a few questions to the trigger,
however long nothing ran and however fast the schedule is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduler.choices import CatchUp, Outcome, Overlap, Reason
from scheduler.due.questions import (
    MICROSECOND,
    first_due,
    last_due,
    newest_due,
    number_due,
    previous_due,
)
from scheduler.triggers import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What deciding needs to know about one schedule."""

    watermark: datetime  # everything due until here, inclusive, has been decided
    catch_up: str = CatchUp.LATEST
    catch_up_limit: int = 100
    catch_up_window: timedelta | None = None
    overlap: str = Overlap.SKIP
    paused: bool = False
    paused_since: datetime | None = None  # None: since before the watermark
    paused_until: datetime | None = None  # None: until somebody resumes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One ledger row to be: a job for ``due_at``, or why none from there to ``until_at``."""

    due_at: datetime
    until_at: datetime
    count: int | None = 1  # None: more than can be counted cheaply
    outcome: str = Outcome.ENQUEUED
    reason: str = ""
    is_catch_up: bool = False
    previous: datetime | None = None
    next: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The decisions, oldest first, and where they leave the schedule."""

    decisions: tuple[Decision, ...]
    watermark: datetime
    next_due_at: datetime | None  # None: never again


def plan(
    standing: Standing, trigger: Trigger, *, now: datetime, busy: bool, on_time: timedelta
) -> Plan:
    """
    Decide about every due time in (watermark, now].

    ``busy`` says that the schedule's previous job has not ended; a due time older than
    ``on_time`` is a missed one.
    """
    start = standing.watermark
    if now <= start:  # the clock was set back: what is decided stays decided
        return Plan(decisions=(), watermark=start, next_due_at=first_due(trigger, start))
    decisions = tuple(_decide(standing, trigger, now=now, busy=busy, on_time=on_time))
    return Plan(decisions=decisions, watermark=now, next_due_at=first_due(trigger, now))


def refuse(trigger: Trigger, *, after: datetime, until: datetime, reason: str) -> Plan:
    """Decide that nothing due in (after, until] becomes a job."""
    if until <= after:  # the clock was set back, as in plan()
        return Plan(decisions=(), watermark=after, next_due_at=first_due(trigger, after))
    skipped = tuple(_skip(trigger, reason, after=after, until=until))
    return Plan(decisions=skipped, watermark=until, next_due_at=first_due(trigger, until))


def _decide(
    standing: Standing, trigger: Trigger, *, now: datetime, busy: bool, on_time: timedelta
) -> Iterator[Decision]:
    start = standing.watermark
    if standing.paused:
        since = min(now, standing.paused_since or start)
        if since > start:  # nobody could decide it when the pause began
            before = list(_eligible(standing, trigger, now=since, busy=busy, on_time=on_time))
            busy = busy or any(each.outcome == Outcome.ENQUEUED for each in before)
            yield from before
            start = since
        until = now
        if standing.paused_until and standing.paused_until <= now:
            until = standing.paused_until - MICROSECOND  # what is due as it ends, runs
        yield from _skip(trigger, Reason.PAUSED, after=start, until=until)
        start = max(start, until)
    standing = replace(standing, watermark=start)
    yield from _eligible(standing, trigger, now=now, busy=busy, on_time=on_time)


def _eligible(
    standing: Standing, trigger: Trigger, *, now: datetime, busy: bool, on_time: timedelta
) -> Iterator[Decision]:
    """Decide about (watermark, now] without a pause."""
    start = standing.watermark
    window = on_time if standing.catch_up == CatchUp.SKIP else standing.catch_up_window
    window = None if window is None else max(window, on_time)  # what is on time is not missed
    if window is not None and now - window > start:
        just_outside = now - window - MICROSECOND
        yield from _skip(trigger, Reason.MISSED_WINDOW, after=start, until=just_outside)
        start = max(start, just_outside)

    all_of_them = standing.catch_up == CatchUp.ALL
    limit = standing.catch_up_limit if all_of_them else 1
    chosen = newest_due(trigger, after=start, until=now, limit=limit)
    if chosen:
        left_out = Reason.CAPPED if all_of_them else Reason.COALESCED
        yield from _skip(trigger, left_out, after=start, until=chosen[0] - MICROSECOND)
        jobs = _jobs(trigger, chosen, now=now, on_time=on_time)
        overlapping = busy and standing.overlap == Overlap.SKIP
        # Jobs that catch up under "all" queue up behind each other by intent.
        if overlapping and not (all_of_them and jobs[0].is_catch_up):
            yield from (_dropped(job, Reason.OVERLAP) for job in jobs)
        else:
            yield from jobs


def _jobs(
    trigger: Trigger, chosen: list[datetime], *, now: datetime, on_time: timedelta
) -> list[Decision]:
    before = [previous_due(trigger, chosen[0]), *chosen]
    behind = [*chosen[1:], first_due(trigger, chosen[-1])]
    return [
        Decision(
            due_at=due_at,
            until_at=due_at,
            is_catch_up=now - due_at > on_time,
            previous=previous,
            next=following,
        )
        for due_at, previous, following in zip(chosen, before, behind, strict=False)
    ]


def _dropped(job: Decision, reason: str) -> Decision:
    return replace(job, outcome=Outcome.SKIPPED, reason=reason, is_catch_up=False)


def _skip(trigger: Trigger, reason: str, *, after: datetime, until: datetime) -> Iterator[Decision]:
    """Yield the one row that covers every due time in (after, until], if there is any."""
    first = first_due(trigger, after) if until > after else None
    if first is None or first > until:
        return
    yield Decision(
        due_at=first,
        until_at=last_due(trigger, after=first, until=until) or first,
        count=number_due(trigger, after=after, until=until),
        outcome=Outcome.SKIPPED,
        reason=reason,
    )
