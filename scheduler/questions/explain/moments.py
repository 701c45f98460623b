"""An instant as a person reads it who thinks in the zone of a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.due import zones
from scheduler.due.dst import dst_note
from scheduler.exceptions import InvalidSchedule
from scheduler.triggers import Cron, Trigger, zone_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant: local, in UTC, and what the clocks do to it."""

    local: str
    utc: str
    zone: str
    offset: str
    clocks: str  # a note where they change, or ""


def moment(at: datetime, trigger: Trigger | None) -> Moment:
    zone = zone_for(trigger)
    expression = trigger.expression if isinstance(trigger, Cron) else None
    local = at.astimezone(zone)
    return Moment(
        local=f"{local:%a %Y-%m-%d %H:%M:%S}",
        utc=utc(at),
        zone=zone.key,
        offset=f"UTC{local:%z}",
        clocks=dst_note(at, zone, expression=expression),
    )


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def zone_for(trigger: Trigger | None) -> ZoneInfo:
    """Return the zone of a trigger; of one without, the default."""
    return zone_of(trigger) or zones.default_zone()


def read(text: str, trigger: Trigger | None) -> datetime:
    """Return the instant that ``text`` means to who reads the schedule's own clock."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSchedule(
            f"--at is a date and time such as 2026-10-25T02:30, not {text!r:.60}."
        ) from None
    if found.tzinfo is None:
        return zones.instant_of(found, zone_for(trigger))
    return found.astimezone(UTC)
