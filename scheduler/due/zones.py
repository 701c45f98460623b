"""Time zones: which names are known, and when a zone changes its offset from UTC."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from scheduler.due import abbreviations
from scheduler.due.cron_syntax import shown
from scheduler.exceptions import InvalidTrigger

SECOND = timedelta(seconds=1)
# In all of tzdata no two changes are less than 95 hours apart (Freetown, 1939), so looking
# once a day sees each of them, and two that cancel out cannot hide between two looks.
LOOK = timedelta(days=1)
# Files in many a zoneinfo directory whose meaning is not the same on every machine.
NOT_ZONES = frozenset({"localtime", "Factory", "posixrules"})


def zone(name: object) -> ZoneInfo:
    """Return the IANA zone ``name``, or raise InvalidTrigger with the name probably meant."""
    if isinstance(name, ZoneInfo):
        name = name.key
    if not isinstance(name, str):
        raise InvalidTrigger(f"A time zone is an IANA name, not {type(name).__name__}.")
    if name not in known_zones():  # never a path: ZoneInfo() would open a file of that name
        raise InvalidTrigger(f"There is no time zone {shown(name)}.{_did_you_mean(name[:64])}")
    return ZoneInfo(name)


def default_zone() -> ZoneInfo:
    """Return the zone of the TIME_ZONE setting as it is now."""
    return zone(settings.TIME_ZONE)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - NOT_ZONES)


def _did_you_mean(name: str) -> str:
    if places := abbreviations.PLACES.get(name.strip().upper()):
        return f" Name a place: {places}."
    folded = {known.casefold(): known for known in known_zones()}
    close = get_close_matches(name.strip().replace(" ", "_").casefold(), folded, n=1)
    return f" Did you mean {folded[close[0]]}?" if close else ""


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """At ``at`` (UTC) the local offset changes from ``before`` to ``after``."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def size(self) -> timedelta:
        """How far the clocks jump: positive leaves a gap, negative repeats wall times."""
        return self.after - self.before

    @property
    def wall_before(self) -> datetime:
        """The naive wall time that this instant would have had without the change."""
        return (self.at + self.before).replace(tzinfo=None)

    @property
    def wall_after(self) -> datetime:
        """The naive wall time that this instant has."""
        return (self.at + self.after).replace(tzinfo=None)


def first_change(zone: ZoneInfo, *, after: datetime, until: datetime) -> OffsetChange | None:
    """Return the first change in (after, until], both UTC."""
    for year in range(after.year, until.year + 1):
        for change in changes(zone, year):
            if after < change.at <= until:
                return change
    return None


def last_change(zone: ZoneInfo, *, until: datetime) -> OffsetChange | None:
    """Return the newest change at or before ``until`` (UTC) in its year or the one before."""
    for year in (until.year, until.year - 1):
        for change in reversed(changes(zone, year)):
            if change.at <= until:
                return change
    return None


@lru_cache(maxsize=4096)
def changes(zone: ZoneInfo, year: int) -> tuple[OffsetChange, ...]:
    """Return the changes of one UTC year; none at the two ends of the calendar."""
    if not MINYEAR < year < MAXYEAR:
        return ()
    found = []
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while start < end:
        if _offset(zone, start) != _offset(zone, start + LOOK):
            found.append(_pinpoint(zone, start, start + LOOK))
        start += LOOK
    return tuple(found)


def _pinpoint(zone: ZoneInfo, start: datetime, end: datetime) -> OffsetChange:
    before, after = _offset(zone, start), _offset(zone, end)
    while end - start > SECOND:
        middle = start + (end - start) // (2 * SECOND) * SECOND
        start, end = (middle, end) if _offset(zone, middle) == before else (start, middle)
    return OffsetChange(at=end, before=before, after=after)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def utc(moment: Any, *, what: str) -> datetime:
    """Return ``moment`` in UTC. Raises InvalidTrigger if it is no aware datetime."""
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise InvalidTrigger(f"{what} must be an aware datetime, not {moment!r:.60}.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidTrigger(f"{what} is not in the calendar: {moment!r:.80}.") from None


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """
    Return the UTC instant of a naive wall time.

    One that occurs twice is the first, or the second with ``fold=1``. One that does not exist
    is the first instant after the gap, as for a cron expression (rule R2).
    """
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(fold=0):
        return instant
    change = last_change(zone, until=max(instant, _other_side(wall, zone)))
    return change.at if change else instant


def _other_side(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(fold=1 - wall.fold, tzinfo=zone).astimezone(UTC)
