"""A calendar that answers: sets and sorted lists, so that asking costs microseconds."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.calendars.rules import Rules
from scheduler.due import weekdays, zones
from scheduler.exceptions import InvalidSchedule

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WHOLE_WEEK = 7
LOOK = 366  # days that are looked through for the next change; then the caller looks again
MOST_CHANGES = 1000  # that are looked across for an allowed time
LONGEST = 100_000  # characters of the text, which is in the row of each schedule that uses it

Stretch = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    A set of times that are excluded, with everything it needs: ``Calendar.of(rules)``.

    Two calendars are equal if their ``spec()`` is, the canonical text of their rules.
    """

    text: str = field(repr=False)
    zone: ZoneInfo = field(compare=False)
    weekdays: frozenset[int] = field(compare=False)
    dates: frozenset[date] = field(compare=False)
    yearly: frozenset[tuple[int, int]] = field(compare=False)
    ranges: tuple[date, ...] = field(compare=False)  # first days, and the days after last ones
    windows: tuple[datetime, ...] = field(compare=False)  # even ones begin, odd ones end
    also: tuple[Calendar, ...] = field(compare=False)

    @classmethod
    def of(cls, rules: Rules, look_up: Callable[[str], Calendar] | None = None) -> Calendar:
        """Return the calendar with these rules; ``look_up`` finds the ones it names."""
        zone = zones.default_zone() if rules.timezone is None else zones.zone(rules.timezone)
        others = []
        for other in rules.also:
            if isinstance(other, Rules):
                others.append(cls.of(other, look_up))
            elif look_up is None:
                raise InvalidSchedule(f"also: nobody can say here what {other!r:.60} is.")
            else:
                others.append(look_up(other))
        windows = [(_instant(begin, zone), _instant(end, zone)) for begin, end in rules.windows]
        text = _text(rules, zone, windows=windows, others=others)
        if len(text) > LONGEST:
            raise InvalidSchedule(
                f"A calendar of {len(text)} characters exceeds {LONGEST}: write long stretches as "
                'ranges, days that come every year as "12-25", and leave out the past.'
            )
        return cls(
            text=text,
            zone=zone,
            weekdays=frozenset(rules.weekdays),
            dates=frozenset(rules.dates),
            yearly=frozenset(rules.yearly),
            ranges=_edges([(first, _day_after(last)) for first, last in rules.ranges]),
            windows=_edges(windows),
            also=tuple(others),
        )

    def excludes(self, moment: datetime) -> bool:
        """Say whether the aware ``moment`` is in this calendar."""
        if self.windows and bisect_right(self.windows, moment) % 2:
            return True
        if self.has_days and self.excludes_day(moment.astimezone(self.zone).date()):
            return True
        return any(other.excludes(moment) for other in self.also)

    def excludes_day(self, day: date) -> bool:
        """Say whether a whole day is excluded, by this calendar alone."""
        return (
            day.weekday() in self.weekdays
            or day in self.dates
            or (day.month, day.day) in self.yearly
            or bool(bisect_right(self.ranges, day) % 2)
        )

    @property
    def has_days(self) -> bool:
        return bool(self.weekdays or self.dates or self.yearly or self.ranges)

    def next_change(self, moment: datetime) -> datetime | None:
        """
        Return the first later instant at which ``excludes`` may answer otherwise; None: never.

        What it answers is never later than the change itself, and may be earlier.
        """
        moment = moment.astimezone(UTC)
        found = [other.next_change(moment) for other in self.also]
        place = bisect_right(self.windows, moment)
        if place < len(self.windows):
            found.append(self.windows[place])
        if self.has_days and len(self.weekdays) < WHOLE_WEEK:
            found.append(self._next_day_change(moment))
        return min((change for change in found if change is not None), default=None)

    def _next_day_change(self, moment: datetime) -> datetime | None:
        day = _change_after(self, moment.astimezone(self.zone).date())
        if day is None:
            return None
        midnight = zones.instant_of(datetime(day.year, day.month, day.day), self.zone)  # noqa: DTZ001
        if midnight <= moment:  # a day that began twice; look again soon
            return moment + HOUR
        return _day_begins_again(self.zone, after=moment, until=midnight) or midnight

    def spec(self) -> str:
        """Return the canonical text of the rules, with the content of those in ``also``."""
        return self.text

    def describe(self) -> str:
        """Return "SAT, SUN, 2 dates, 1 window"."""
        days = [weekdays.SHORT[number] for number in sorted(self.weekdays)]
        counts = {
            "date": len(self.dates) + len(self.yearly),
            "range": len(self.ranges) // 2,
            "window": len(self.windows) // 2,
        }
        parts = [f"{n} {what}{'s' * (n > 1)}" for what, n in counts.items() if n]
        return ", ".join([*days, *parts, *(each.describe() for each in self.also)]) or "nothing"


def allowed_from(calendar: Calendar, moment: datetime) -> datetime | None:
    """Return the first instant from ``moment`` on that is not excluded; None if none is near."""
    for _ in range(MOST_CHANGES):
        if not calendar.excludes(moment):
            return moment
        change = calendar.next_change(moment)
        if change is None:
            return None
        moment = change
    return None


@lru_cache(maxsize=65_536)
def _change_after(calendar: Calendar, day: date) -> date | None:
    """Return the next day that is not as ``day`` is, or one until which none is."""
    excluded = calendar.excludes_day(day)
    try:
        for _ in range(LOOK):
            day += DAY
            if calendar.excludes_day(day) is not excluded:
                break
    except OverflowError:
        return None
    return day


def _day_begins_again(zone: ZoneInfo, *, after: datetime, until: datetime) -> datetime | None:
    """Return when clocks first go back over midnight in (after, until]."""
    for year in range(after.year, until.year + 1):
        for at in _returns_over_midnight(zone, year):
            if after < at <= until:
                return at
    return None


@lru_cache(maxsize=1024)
def _returns_over_midnight(zone: ZoneInfo, year: int) -> tuple[datetime, ...]:
    changes = zones.changes(zone, year)
    return tuple(each.at for each in changes if each.wall_after.date() < each.wall_before.date())


def _day_after(day: date) -> date:
    return day + DAY if day < date.max else day


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    return zones.instant_of(moment, zone) if moment.tzinfo is None else moment


def _edges(stretches: list[Stretch]) -> tuple[Any, ...]:
    """Return where stretches [begin, end) begin and end, those that meet or overlap as one."""
    edges: list[Any] = []
    for begin, end in sorted(stretches):
        if edges and begin <= edges[-1]:
            edges[-1] = max(edges[-1], end)
        else:
            edges += [begin, end]
    return tuple(edges)


def _text(rules: Rules, zone: ZoneInfo, *, windows: list[Stretch], others: list[Calendar]) -> str:
    content = {
        "weekdays": [weekdays.SHORT[number] for number in rules.weekdays],
        "dates": [
            *map(str, rules.dates),
            *(f"{month:02}-{day:02}" for month, day in rules.yearly),
        ],
        "ranges": [list(map(str, each)) for each in rules.ranges],
        "windows": [[moment.isoformat() for moment in each] for each in sorted(set(windows))],
        "timezone": zone.key,
        "also": [json.loads(other.text) for other in others],
    }
    return json.dumps({key: value for key, value in content.items() if value})
