"""Every due time that there was, from the versions of a schedule's definition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DurationField, Field

from scheduler.due.gates import MICROSECOND
from scheduler.due.protocol import due_times, next_due
from scheduler.due.questions import number_due
from scheduler.exceptions import SchedulerError
from scheduler.models import Definition, Schedule
from scheduler.triggers import Trigger
from scheduler.turn.rebuild import trigger_of

COUNTED = 5_000  # due times that are listed only to be counted


@dataclass(frozen=True, slots=True)
class Version:
    """What a schedule said: it decided every due time in (``since``, ``until``]."""

    since: datetime
    until: datetime
    trigger: Trigger
    stored: Definition


class Timeline:
    """
    The due times of all versions of one schedule, one after the other: a trigger itself.

    Between two versions nothing is due: the schedule was disabled or retired. ``unread`` are
    versions whose trigger this process cannot rebuild: of another release, or with a trigger
    of somebody's own that is not declared any more.
    """

    def __init__(
        self, key: str, versions: Sequence[Version], unread: Sequence[Definition] = ()
    ) -> None:
        self.key = key
        self.versions = versions
        self.unread = unread
        self._untils = [each.until for each in versions]

    def next_after(self, moment: datetime) -> datetime | None:
        for version in self.versions[bisect_right(self._untils, moment) :]:
            due_at = next_due(version.trigger, max(moment, version.since))
            if due_at is not None and due_at <= version.until:
                return due_at
        return None

    def spec(self) -> str:
        return f"all versions of {self.key}"

    def at(self, moment: datetime) -> Version | None:
        """Return the version that decides what is due at ``moment``."""
        for version in self.versions[bisect_right(self._untils, moment - MICROSECOND) :]:
            return version if version.since < moment else None
        return None

    def is_unread(self, after: datetime, until: datetime) -> bool:
        """Say whether some of (after, until] was decided by a version that cannot be read."""
        return any(
            each.since < until and (each.until is None or after < each.until)
            for each in self.unread
        )

    def is_due(self, moment: datetime) -> bool:
        return self.next_after(moment - MICROSECOND) == moment

    def count(self, after: datetime, until: datetime) -> int | None:
        """Return how many are due in (after, until]; None: more than are worth counting."""
        counts = [
            _count(version.trigger, max(after, version.since), min(until, version.until))
            for version in self.versions
            if version.since < until and after < version.until
        ]
        known = [each for each in counts if each is not None]
        return sum(known) if len(known) == len(counts) else None

    def last(self, after: datetime, until: datetime) -> datetime | None:
        """Return the last due time in (after, until]."""
        window = timedelta(minutes=1)
        while True:
            start = max(after, until - window)
            found = list(_within(self, start, until))
            if found or start == after:
                return found[-1] if found else None
            window *= 4


def timeline(key: str, stored: Iterable[Definition], *, until: datetime) -> Timeline:
    """Return the due times by these versions, oldest first, as far as ``until``."""
    versions, unread = [], []
    for each in stored:
        end = until if each.until is None else min(each.until, until)
        if each.since > end:
            continue
        try:
            versions.append(Version(each.since, end, trigger_of(as_row(each)), each))
        except SchedulerError:
            unread.append(each)
    return Timeline(key, versions, unread)


def as_row(version: Definition) -> Schedule:
    """Return a row that says what the schedule said in this version; not saved."""
    row = Schedule(key=version.schedule_key)
    for name, value in version.definition.items():
        with suppress(FieldDoesNotExist):  # what another release of the code knows
            setattr(row, name, _column(name, value))
    return row


def _column(name: str, value: Any) -> Any:
    field = Schedule._meta.get_field(name)
    if isinstance(field, DurationField):
        return None if value is None else timedelta(seconds=value)
    return field.to_python(value) if isinstance(field, Field) else value


def _count(trigger: Trigger, after: datetime, until: datetime) -> int | None:
    found = number_due(trigger, after=after, until=until)
    if found is not None:
        return found
    listed = sum(1 for _ in islice(_within(trigger, after, until), COUNTED + 1))
    return listed if listed <= COUNTED else None


def _within(trigger: Trigger, after: datetime, until: datetime) -> Iterator[datetime]:
    return takewhile(lambda due_at: due_at <= until, due_times(trigger, after))
