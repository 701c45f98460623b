"""Due when a trigger is; what a calendar excludes is moved to a day that it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.calendars.names import Given
from scheduler.due.protocol import Trigger
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import parts
from scheduler.triggers.moves import Moves
from tasks_core.conf import did_you_mean

DIRECTIONS = {"next": 1, "previous": -1}


@dataclass(frozen=True, slots=True, init=False)
class Moved:
    """
    Due when ``trigger`` is; but what ``calendar`` excludes is due on another day instead.

    That is the same wall time on the "next" or the "previous" day on which the calendar does
    not exclude it, at most 366 days away, else never. Due times that fall together are one.
    The wall clock is that of the trigger, or of the calendar for a trigger without a zone.
    Raises InvalidTrigger.
    """

    trigger: Trigger
    calendar: Given
    direction: str

    def __init__(self, trigger: Any, calendar: Any, direction: str) -> None:
        if direction not in DIRECTIONS:
            hint = did_you_mean(str(direction)[:20], DIRECTIONS)
            raise InvalidTrigger(
                f"Moved goes to the next or previous day, not {direction!r:.40}.{hint}"
            )
        object.__setattr__(self, "trigger", parts.as_trigger(trigger))
        object.__setattr__(self, "calendar", parts.as_calendar(calendar))
        object.__setattr__(self, "direction", direction)

    @property
    def zone(self) -> ZoneInfo:
        own = parts.zone_of(self.trigger)
        return parts.calendar_of(self.calendar).zone if own is None else own

    def next_after(self, moment: datetime) -> datetime | None:
        calendar = parts.calendar_of(self.calendar)
        moves = Moves(self.trigger, calendar, zone=self.zone, direction=DIRECTIONS[self.direction])
        try:
            return moves.next_after(moment)
        except (OverflowError, ValueError):  # before year 1 or after year 9999
            return None

    def spec(self) -> str:
        calendar = parts.calendar_of(self.calendar).spec()
        return parts.composed(
            ("trigger", parts.nested(self.trigger)),
            ("moved", f'"{self.direction}"'),
            ("calendar", calendar),
        )

    def describe(self) -> str:
        return (
            f"{parts.described(self.trigger)}, moved to the {self.direction} day that is not "
            f"excluded: {parts.called(self.calendar)}"
        )
