"""
The search behind Moved: the first of the moved due times after a moment.

A due time that is moved by n days lies n days from its place, and all days before that are
excluded. So n = 0, 1, 2, … is tried on those stretches of the calendar in which a place can
be; for each n they are fewer, and the search ends with the longest run of excluded days.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendars import Calendar, allowed_from
from scheduler.due import zones
from scheduler.due.protocol import Trigger
from scheduler.triggers import parts, wall
from scheduler.triggers.wall import DAY

MICROSECOND = timedelta(microseconds=1)
FARTHEST = 366  # days that a due time is moved at most
YEAR = (FARTHEST + 1) * DAY
GUESSES = 400  # due times that are tried for a first answer, which others then undercut
# Around a change of the clocks the same wall time n days away is not n times 24 hours away,
# and the order of two instants may be another than that of their wall times.
SLACK = timedelta(hours=3)

Stretch = tuple[datetime, datetime]


class Moves:
    """Due times of ``trigger``, moved by whole days in the direction 1 or -1."""

    def __init__(
        self, trigger: Trigger, calendar: Calendar, *, zone: ZoneInfo, direction: int
    ) -> None:
        self.trigger = trigger
        self.calendar = calendar
        self.zone = zone
        self.direction = direction

    def next_after(self, moment: datetime) -> datetime | None:
        allowed = allowed_from(self.calendar, moment + MICROSECOND)
        if allowed is None:  # nothing is, so nothing is moved there
            return None
        moment = allowed - MICROSECOND
        best = self._some_after(moment)
        places = self._stretches(allowed, best or moment + YEAR, excluded=False)
        for days in range(FARTHEST + 1):
            if days:
                places = self._behind_excluded(places, days)
            if not places:
                break
            found = self._first_moved_by(days, places, moment)
            if found is not None and (best is None or found < best):
                best = found
                places = [(begin, min(end, best)) for begin, end in places if begin <= best]
        return best

    def target(self, due_at: datetime) -> datetime | None:
        """Return when ``due_at`` is due after all, or None: nowhere within a year."""
        if not self.calendar.excludes(due_at):
            return due_at
        for days in range(1, FARTHEST + 1):
            found = self._moved(due_at, days)
            if found is not None and not self.calendar.excludes(found):
                return found
        return None

    def _some_after(self, moment: datetime) -> datetime | None:
        """Return a moved due time after ``moment``, not always the first."""
        after = moment
        for _ in range(GUESSES):
            due_at = parts.first_due(self.trigger, after)
            if due_at is None:
                return None
            found = self.target(due_at)
            if found is not None and found > moment:
                return found
            allowed = due_at + DAY if found else allowed_from(self.calendar, due_at)
            if allowed is None:
                return None
            after = max(due_at, allowed - MICROSECOND)
        return None

    def _first_moved_by(
        self, days: int, places: list[Stretch], moment: datetime
    ) -> datetime | None:
        """Return the first place after ``moment`` to which a due time is moved by so many days."""
        best: datetime | None = None
        due_at: datetime | None = None
        for first, last in places:
            begin, end = self._begin(first, -days), self._end(last, -days)
            if due_at is None or due_at < begin:
                due_at = parts.first_due(self.trigger, begin - MICROSECOND)
            while due_at is not None and due_at <= end:
                found = self._place(due_at, days)
                if found is not None and found > moment and (best is None or found < best):
                    best = found
                    # In an hour that comes twice, a later one may have an earlier wall time.
                    end = min(end, due_at + SLACK) if self._is_uneven(due_at) else due_at
                due_at = parts.first_due(self.trigger, due_at)
            if best is not None or due_at is None:
                break
        return best

    def _place(self, due_at: datetime, days: int) -> datetime | None:
        """Return where ``due_at`` goes if that is exactly so many days away."""
        place = self._moved(due_at, days)
        if place is None or self.calendar.excludes(place):
            return None
        for number in range(days):
            passed = self._moved(due_at, number)
            if passed is not None and not self.calendar.excludes(passed):
                return None
        return place

    def _behind_excluded(self, places: list[Stretch], days: int) -> list[Stretch]:
        """Return the parts of ``places`` that lie so many days from something excluded."""
        found = []
        for first, last in places:
            begin, end = self._begin(first, -days), self._end(last, -days)
            if self._is_corrected(begin, end):  # days that never were may lie between
                found.append((first, last))
                continue
            for start, stop in self._stretches(begin, end, excluded=True):
                part = max(first, self._begin(start, days)), min(last, self._end(stop, days))
                if part[0] <= part[1]:
                    found.append(part)
        return found

    def _stretches(self, begin: datetime, end: datetime, *, excluded: bool) -> list[Stretch]:
        """Return the stretches between ``begin`` and ``end`` that are, or are not, excluded."""
        found: list[Stretch] = []
        while begin <= end:
            change = self.calendar.next_change(begin)
            until = end if change is None else min(change, end)
            if self.calendar.excludes(begin) is excluded:
                if found and found[-1][1] == begin:
                    found[-1] = found[-1][0], until
                else:
                    found.append((begin, until))
            if change is None or change > end:
                break
            begin = change
        return found

    def _moved(self, due_at: datetime, days: int) -> datetime | None:
        return wall.instant(self._wall(due_at, days), self.zone) if days else due_at

    def _begin(self, moment: datetime, days: int) -> datetime:
        """Return from when on wall times, so many days away, are not before that of ``moment``."""
        there = zones.instant_of(self._wall(moment, days), self.zone)
        return there - SLACK if self._is_uneven_near(moment, there) else there

    def _end(self, moment: datetime, days: int) -> datetime:
        """Return until when they are not after it."""
        there = zones.instant_of(self._wall(moment, days), self.zone)
        return there + SLACK if self._is_uneven_near(moment, there) else there

    def _is_uneven_near(self, moment: datetime, there: datetime) -> bool:
        return (
            self._offset(moment) != self._offset(there)
            or self._is_uneven(moment - SLACK, 2 * SLACK)
            or self._is_uneven(there - SLACK, 2 * SLACK)
        )

    def _is_corrected(self, begin: datetime, end: datetime) -> bool:
        change = zones.first_change(self.zone, after=begin - YEAR, until=end + YEAR)
        while change is not None and abs(change.size) <= SLACK:
            change = zones.first_change(self.zone, after=change.at, until=end + YEAR)
        return change is not None

    def _wall(self, moment: datetime, days: int) -> datetime:
        local = moment.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return local + days * self.direction * DAY

    def _is_uneven(self, moment: datetime, span: timedelta = SLACK) -> bool:
        return self._offset(moment) != self._offset(moment + span)

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self.zone).utcoffset()
