"""Due times that become no job, in as few rows as tell why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from scheduler.choices import Outcome
from scheduler.due.gates import Gate, stretches
from scheduler.due.questions import first_due, last_due, number_due
from scheduler.planner.values import Decision, Waiting
from scheduler.triggers import Trigger


def skips(
    trigger: Trigger, gates: tuple[Gate, ...], reason: str, *, after: datetime, until: datetime
) -> Iterator[Decision]:
    """Cover every due time in (after, until] with rows that say what a gate does, or ``reason``."""
    if not gates:
        yield from skip(trigger, reason, after=after, until=until)
        return
    for begin, end, shut in stretches(trigger, gates, after=after, until=until):
        yield from skip(trigger, shut or reason, after=begin, until=end)


def skip(trigger: Trigger, reason: str, *, after: datetime, until: datetime) -> Iterator[Decision]:
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


def merged(decisions: Iterable[Decision]) -> Iterator[Decision]:
    """Let neighbouring skips for one reason be one row."""
    last: Decision | None = None
    try:
        for decision in decisions:
            if last is not None and last.reason and last.reason == decision.reason:
                last = _joined(last, decision)
                continue
            if last is not None:
                yield last
            last = decision
    except Waiting:  # what came before it is decided
        if last is not None:
            yield last
        raise
    if last is not None:
        yield last


def _joined(one: Decision, other: Decision) -> Decision:
    counted = one.count is not None and other.count is not None
    both = (one.count or 0) + (other.count or 0) if counted else None
    return replace(one, until_at=other.until_at, count=both)
