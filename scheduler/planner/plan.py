"""
A schedule + now -> what is to be recorded for (watermark, now]. Pure: no clock, no database.

The stretch is cut where a policy changes its mind: due times under a pause, then those
older than the window, then the eligible ones, without what a gate excludes. Each part costs a
few questions to the trigger, however long nothing ran and however fast the schedule is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from scheduler.choices import CatchUp, Outcome, Overlap, Reason
from scheduler.due.gates import MICROSECOND, Open
from scheduler.due.questions import first_due, newest_due, previous_due
from scheduler.planner.skips import merged, skip, skips
from scheduler.planner.values import Decision, Plan, Standing, Waiting
from scheduler.triggers import Trigger

MOST = 500  # ledger rows of one plan; what is left is planned next
LOOK_AGAIN = timedelta(seconds=5)  # for the end of a job, should nobody tell


def plan(standing: Standing, trigger: Trigger, *, now: datetime, on_time: timedelta) -> Plan:
    """Decide about every due time in (watermark, now]; older than ``on_time`` is a missed one."""
    start = standing.watermark
    if now <= start:  # the clock was set back: what is decided stays decided
        return Plan(decisions=(), watermark=start, next_due_at=first_due(trigger, start))
    decisions: list[Decision] = []
    try:
        for decision in merged(_decide(standing, trigger, now=now, on_time=on_time)):
            if len(decisions) == MOST:
                return _so_far(decisions, trigger)
            decisions.append(decision)
    except Waiting as waiting:
        watermark, again = waiting.at - MICROSECOND, now + LOOK_AGAIN
        return Plan(decisions=tuple(decisions), watermark=watermark, next_due_at=again, waits=True)
    made = sum(each.outcome == Outcome.ENQUEUED for each in decisions)
    ended = standing.runs_left is not None and made >= standing.runs_left
    return Plan(
        decisions=tuple(decisions),
        watermark=now,
        next_due_at=None if ended else first_due(trigger, now),
        cancels=_cancels(standing, decisions),
    )


def refuse(trigger: Trigger, *, after: datetime, until: datetime, reason: str) -> Plan:
    """Decide that nothing due in (after, until] becomes a job."""
    if until <= after:  # the clock was set back, as in plan()
        return Plan(decisions=(), watermark=after, next_due_at=first_due(trigger, after))
    skipped = tuple(skip(trigger, reason, after=after, until=until))
    return Plan(decisions=skipped, watermark=until, next_due_at=first_due(trigger, until))


def _cancels(standing: Standing, decisions: list[Decision]) -> bool:
    """Say whether the previous job is to go."""
    jobs = [each for each in decisions if each.outcome == Outcome.ENQUEUED]
    cancels = standing.busy and standing.overlap == Overlap.CANCEL_PREVIOUS
    return cancels and bool(jobs) and not _queues_up(standing, jobs)


def _so_far(decisions: list[Decision], trigger: Trigger) -> Plan:
    watermark = decisions[-1].until_at
    return Plan(
        decisions=tuple(decisions),
        watermark=watermark,
        next_due_at=first_due(trigger, watermark),
    )


def _decide(
    standing: Standing, trigger: Trigger, *, now: datetime, on_time: timedelta
) -> Iterator[Decision]:
    start = standing.watermark
    if standing.paused:
        since = min(now, standing.paused_since or start)
        if since > start:  # nobody could decide it when the pause began
            before = replace(standing, may_wait=False)
            made = list(_eligible(before, trigger, now=since, on_time=on_time))
            yield from made
            standing = _after(standing, made)
            start = since
        until = now
        if standing.paused_until and standing.paused_until <= now:
            until = standing.paused_until - MICROSECOND  # what is due as it ends, runs
        yield from skip(trigger, Reason.PAUSED, after=start, until=until)
        start = max(start, until)
    yield from _eligible(replace(standing, watermark=start), trigger, now=now, on_time=on_time)


def _after(standing: Standing, made: Iterable[Decision]) -> Standing:
    """Return how the schedule stands once ``made`` are jobs."""
    jobs = sum(each.outcome == Outcome.ENQUEUED for each in made)
    left = standing.runs_left
    return replace(
        standing,
        busy=standing.busy or jobs > 0,
        runs_left=None if left is None else max(0, left - jobs),
    )


def _eligible(
    standing: Standing, trigger: Trigger, *, now: datetime, on_time: timedelta
) -> Iterator[Decision]:
    """Decide about (watermark, now] without a pause."""
    start, gates = standing.watermark, standing.gates
    if standing.runs_left == 0:
        yield from skip(trigger, Reason.ENDED, after=start, until=now)
        return
    late = _too_late(standing, now=now, on_time=on_time)
    if late is not None and late >= start:
        yield from skips(trigger, gates, Reason.MISSED_WINDOW, after=start, until=late)
        start = late

    openings = Open(trigger, gates) if gates else trigger
    chosen, left_out = _chosen(standing, openings, after=start, until=now)
    until = chosen[0] - MICROSECOND if chosen else now
    yield from skips(trigger, gates, left_out, after=start, until=until)
    if not chosen:
        return
    jobs = _jobs(openings, chosen, now=now, on_time=on_time)
    if standing.busy and not _queues_up(standing, jobs):
        if standing.overlap == Overlap.QUEUE_ONE and standing.may_wait:
            raise Waiting(chosen[0])
        if standing.overlap in {Overlap.SKIP, Overlap.QUEUE_ONE}:
            jobs = [_dropped(job, Reason.OVERLAP) for job in jobs]
    yield from _in_order(standing, trigger, jobs, now=now, behind=left_out)


def _too_late(standing: Standing, *, now: datetime, on_time: timedelta) -> datetime | None:
    """Return until when a due time is missed; what waited for another job never is."""
    window = on_time if standing.catch_up == CatchUp.SKIP else standing.catch_up_window
    if window is None or standing.waiting:
        return None
    return now - max(window, on_time) - MICROSECOND  # what is on time is not missed


def _chosen(
    standing: Standing, openings: Trigger, *, after: datetime, until: datetime
) -> tuple[list[datetime], str]:
    """Return the due times that may become jobs, and why the others do not."""
    if standing.waiting:  # the oldest waited, and the others came while it did
        first = first_due(openings, after)
        return [first] if first is not None and first <= until else [], Reason.OVERLAP
    if standing.catch_up == CatchUp.ALL:
        limit = standing.catch_up_limit
        return newest_due(openings, after=after, until=until, limit=limit), Reason.CAPPED
    return newest_due(openings, after=after, until=until, limit=1), Reason.COALESCED


def _queues_up(standing: Standing, jobs: list[Decision]) -> bool:
    """Say whether the jobs catch up under "all": those queue up behind each other by intent."""
    return standing.catch_up == CatchUp.ALL and jobs[0].is_catch_up and not standing.waiting


def _in_order(
    standing: Standing, trigger: Trigger, jobs: list[Decision], *, now: datetime, behind: str
) -> Iterator[Decision]:
    """Yield the jobs that may still be made, and between and behind them what is skipped."""
    left = standing.runs_left
    for job, following in pairwise([*jobs, None]):
        if job is None:
            return
        yield job
        if left is not None and job.outcome == Outcome.ENQUEUED:
            left -= 1
            if left == 0:
                yield from skip(trigger, Reason.ENDED, after=job.due_at, until=now)
                return
        if standing.gates or standing.waiting:
            until = now if following is None else following.due_at - MICROSECOND
            yield from skips(trigger, standing.gates, behind, after=job.due_at, until=until)


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
