"""Due once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler.due import descriptions, zones
from scheduler.exceptions import InvalidTrigger


@dataclass(frozen=True, slots=True, init=False)
class At:
    """
    Due once.

    A naive ``moment`` needs a ``timezone``: the settings file, where triggers are written, is
    no place to ask for its own TIME_ZONE. A wall time that occurs twice is its first one, one
    that does not exist the first instant after the gap. Raises InvalidTrigger.
    """

    moment: datetime

    def __init__(self, moment: datetime, timezone: str | ZoneInfo | None = None) -> None:
        if timezone is not None and isinstance(moment, datetime) and moment.tzinfo is None:
            moment = zones.instant_of(moment, zones.zone(timezone))
        elif timezone is not None:
            raise InvalidTrigger("At takes a timezone only with a naive datetime.")
        object.__setattr__(self, "moment", zones.utc(moment, what="The moment of At"))

    def next_after(self, moment: datetime) -> datetime | None:
        return self.moment if moment < self.moment else None

    def spec(self) -> str:
        return f"at {self.moment.isoformat()}"

    def describe(self) -> str:
        return descriptions.at(self.moment)
