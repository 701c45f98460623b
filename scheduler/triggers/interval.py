"""Due again and again after the same elapsed time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scheduler.due import descriptions, zones
from scheduler.exceptions import InvalidTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, init=False)
class Every:
    """
    Due at ``anchor`` and at every whole number of intervals from it; it never drifts.

    Elapsed time, not wall time: ``Every(days=1)`` is 24 hours on every day of the year. At
    least one second. Raises InvalidTrigger.
    """

    interval: timedelta
    anchor: datetime

    def __init__(
        self,
        interval: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        anchor: datetime = EPOCH,
    ) -> None:
        if interval is None:
            interval = interval_of(days=days, hours=hours, minutes=minutes, seconds=seconds)
        elif days or hours or minutes or seconds:
            raise InvalidTrigger("Every takes a timedelta or seconds=, minutes=, …, not both.")
        if not isinstance(interval, timedelta):
            raise InvalidTrigger(f"Every takes a timedelta, or seconds=…, not {interval!r:.60}.")
        if interval < SECOND:
            raise InvalidTrigger(f"Every needs at least one second, not {interval}.")
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "anchor", zones.utc(anchor, what="The anchor of Every"))

    def next_after(self, moment: datetime) -> datetime | None:
        rounds = (moment - self.anchor) // self.interval
        try:
            return self.anchor + (rounds + 1) * self.interval
        except OverflowError:  # after year 9999
            return None

    def count(self, since: datetime, until: datetime) -> int:
        """Return how many due times are in (since, until], without listing them."""
        rounds = (until - self.anchor) // self.interval - (since - self.anchor) // self.interval
        return max(0, rounds)

    def spec(self) -> str:
        seconds = f"{self.interval // SECOND}.{self.interval.microseconds:06}"
        return f"every {seconds.rstrip('0').rstrip('.')}s from {self.anchor.isoformat()}"

    def describe(self) -> str:
        return descriptions.every(self.interval)


def interval_of(**parts: float) -> timedelta:
    """Return a timedelta. Raises InvalidTrigger for parts that it cannot have."""
    try:
        return timedelta(**parts)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidTrigger(f"Every cannot be {parts!r:.120}: {error}.") from error
