"""Moments as a test writes them -> instants. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from scheduler.due.zones import default_zone, zone

Moment = str | date | datetime
"""``"2026-10-25T02:30"``, with an offset, a time alone, a date, or a datetime."""


def zone_of(tz: str | ZoneInfo | None) -> ZoneInfo:
    """Return the zone called ``tz``, or that of TIME_ZONE."""
    return default_zone() if tz is None else zone(tz)


def instant(
    said: Moment, zone: ZoneInfo, *, today: date | None = None, fold: int | None = None
) -> datetime:
    """
    Return the instant that is meant, in UTC. What has no offset is wall time in ``zone``.

    A time alone is one of ``today``. Raises ValueError for a wall time that never comes, and
    for text that could mean either pass of a repeated hour; ``fold`` says which, 0 or 1. A
    naive datetime says it itself.
    """
    moment = _read(said, today)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if fold is None and isinstance(said, datetime):
        fold = said.fold
    first, second = (moment.replace(tzinfo=zone, fold=each) for each in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(fold=0):
        raise ValueError(
            f"{_shown(moment)} does not exist in {zone.key}: the clocks go forward over it."
        )
    if fold is None and first.utcoffset() != second.utcoffset():
        raise ValueError(
            f"{_shown(moment)} comes twice in {zone.key}. Write {_shown(first)} or "
            f"{_shown(second)}; where there is a fold= argument, fold=0 or fold=1 says it too."
        )
    return (second if fold else first).astimezone(UTC)


def _read(said: Moment, today: date | None) -> datetime:
    if isinstance(said, datetime):
        return said
    if isinstance(said, date):
        return datetime.combine(said, time())
    if not isinstance(said, str):
        raise TypeError(f"A moment is text or a datetime, not {type(said).__name__}.")
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        pass
    try:
        alone = time.fromisoformat(said) if ":" in said else None
    except ValueError:
        alone = None
    if alone is None or today is None:
        also = "" if today is None else ", or a time alone, '02:30'"
        raise ValueError(
            f"{said!r:.80} is no moment. Write '2026-10-25T02:30', with an offset if need be, "
            f"'2026-10-25T02:30+01:00'{also}."
        )
    return datetime.combine(today, alone)


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="auto" if moment.second or moment.microsecond else "minutes")
