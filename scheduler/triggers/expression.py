"""Due when the wall clock matches a cron expression."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler import cron
from scheduler.due import descriptions, zones


@dataclass(frozen=True, slots=True)
class Cron:
    """
    Due when the wall clock of a time zone matches a cron expression; see ``scheduler.cron``.

    ``timezone`` is an IANA name or a ZoneInfo; None is the TIME_ZONE setting, read when asked.
    Raises InvalidTrigger.
    """

    expression: str
    timezone: str | ZoneInfo | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", cron.validate(self.expression))
        if self.timezone is not None:
            object.__setattr__(self, "timezone", zones.zone(self.timezone).key)

    @property
    def zone(self) -> ZoneInfo:
        return zones.default_zone() if self.timezone is None else zones.zone(self.timezone)

    def next_after(self, moment: datetime) -> datetime | None:
        return cron.next_after(self.expression, self.zone, moment)

    def spec(self) -> str:
        return f"cron {self.expression} {self.zone.key}"

    def describe(self) -> str:
        return descriptions.cron(self.expression, self.zone)
