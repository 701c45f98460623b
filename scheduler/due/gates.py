"""
What stands between a due time and its job for a while: a calendar, maintenance, an environment.

A gate knows when its answer may change next, so that a year behind a closed gate costs a few
questions, and not one for each due time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from scheduler.due.protocol import Trigger, next_due, spec_of

MICROSECOND = timedelta(microseconds=1)  # no two instants are closer
MOST_HOPS = 4000  # changes that are looked across for an open due time: ten years of days


class Exclusion(Protocol):
    """A set of times, such as a calendar."""

    def excludes(self, moment: datetime) -> bool:
        """Say whether ``moment`` belongs to it."""

    def next_change(self, moment: datetime) -> datetime | None:
        """Return the first later instant at which the answer may be another; None: never."""

    def spec(self) -> str:
        """Return the text that tells it from others, equal in every process."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Due times that ``closed`` excludes are skipped for ``reason``."""

    reason: str
    closed: Exclusion


@dataclass(frozen=True, slots=True)
class Always:
    """Every time there is."""

    def excludes(self, moment: datetime) -> bool:
        return True

    def next_change(self, moment: datetime) -> datetime | None:
        return None

    def spec(self) -> str:
        return "always"


class Windows:
    """Stretches of time, each [begin, end); an end of None is open."""

    def __init__(self, windows: Sequence[tuple[datetime, datetime | None]]) -> None:
        self._edges: list[datetime] = []  # even ones begin, odd ones end
        for begin, end in sorted(windows, key=lambda window: window[0]):
            if len(self._edges) % 2:  # the one before never ends
                break
            ends = [end]
            if self._edges and begin <= self._edges[-1]:
                ends.append(self._edges.pop())
            else:
                self._edges.append(begin)
            known = [each for each in ends if each is not None]
            if len(known) == len(ends):
                self._edges.append(max(known))

    def __bool__(self) -> bool:
        return bool(self._edges)

    def excludes(self, moment: datetime) -> bool:
        return bool(bisect_right(self._edges, moment) % 2)

    def next_change(self, moment: datetime) -> datetime | None:
        place = bisect_right(self._edges, moment)
        return self._edges[place] if place < len(self._edges) else None

    def spec(self) -> str:
        return " ".join(edge.astimezone(UTC).isoformat() for edge in self._edges)


@dataclass(frozen=True, slots=True)
class Open:
    """A trigger without the due times that a gate excludes."""

    trigger: Trigger
    gates: tuple[Gate, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        due_at = next_due(self.trigger, moment)
        for _ in range(MOST_HOPS):
            gate = None if due_at is None else closed_at(self.gates, due_at)
            if due_at is None or gate is None:
                return due_at
            opens = gate.closed.next_change(due_at)
            due_at = None if opens is None else next_due(self.trigger, opens - MICROSECOND)
        return None

    def spec(self) -> str:
        shut = " or ".join(gate.closed.spec() for gate in self.gates)
        return f"{spec_of(self.trigger)} unless {shut}"


def closed_at(gates: Sequence[Gate], moment: datetime) -> Gate | None:
    """Return the first gate that ``moment`` does not pass."""
    return next((gate for gate in gates if gate.closed.excludes(moment)), None)


def stretches(
    trigger: Trigger, gates: Sequence[Gate], *, after: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, str]]:
    """
    Cut (after, until] where a gate may open or close; yield parts that hold due times.

    Each is (begin, end, reason): begin exclusive, end inclusive, "" where all gates are open.
    """
    while after < until and (first := next_due(trigger, after)) is not None and first <= until:
        gate = closed_at(gates, first)
        changes = [each.closed.next_change(first) for each in gates]
        change = min((each for each in changes if each is not None), default=None)
        end = until if change is None else min(until, change - MICROSECOND)
        yield first - MICROSECOND, end, gate.reason if gate else ""
        after = end
