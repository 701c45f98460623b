"""What APScheduler's CalendarIntervalTrigger means, without its endless loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
YEAR = 12  # months


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSteps:
    """
    Due on ``start``, then again and again after so many months and then days, at a time of day.

    A day that a month has not is left out, and so is one on which clocks leave out the time.
    """

    months: int
    days: int
    start: date
    end: date | None
    at: time
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            near = moment.astimezone(self.zone).date() - DAY
            for day in self._from(near):
                if self.end is not None and day > self.end:
                    return None
                wall = datetime.combine(day, self.at)
                found = wall.replace(tzinfo=self.zone).astimezone(UTC)
                exists = found.astimezone(self.zone).replace(tzinfo=None, fold=0) == wall
                if exists and found > moment:
                    return found
        except OverflowError:  # before year 1 or after year 9999
            pass
        return None

    def spec(self) -> str:
        end = "" if self.end is None else f" until {self.end}"
        return (
            f"apscheduler calendar interval of {self.months} months and {self.days} days "
            f"from {self.start}{end} at {self.at} in {self.zone.key}"
        )

    def describe(self) -> str:
        parts = [
            f"{count} {unit}{'s' * (count > 1)}"
            for count, unit in ((self.months, "month"), (self.days, "day"))
            if count
        ]
        return f"every {' and '.join(parts)} from {self.start} at {self.at:%H:%M} ({self.zone.key})"

    def _from(self, near: date) -> Iterator[date]:
        """Yield the days, the first of them not after ``near`` unless that is before the start."""
        day = self.start
        if not self.months and near > day:
            day += (near - day) // (self.days * DAY) * self.days * DAY
        while True:
            if day >= near:
                yield day
            following = self._following(day)
            if following is None:
                return
            day = following

    def _following(self, day: date) -> date | None:
        month = day.year * YEAR + day.month - 1
        while True:
            month += self.months
            year, index = divmod(month, YEAR)
            if year > MAXYEAR:
                return None
            try:
                return date(year, index + 1, day.day) + self.days * DAY
            except ValueError:  # a month without that day: the next one, as APScheduler does
                continue
