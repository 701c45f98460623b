"""What a person should know about a due time near a change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler import cron
from scheduler.due.zones import SECOND, OffsetChange, first_change, last_change

LONGEST_JUMP = timedelta(days=1)
NONE = timedelta(0)


def dst_note(moment: datetime, zone: ZoneInfo, *, expression: str | None = None) -> str:
    """
    Return a note about the due time ``moment`` (aware) in ``zone``, or "".

    With the cron ``expression`` that it comes from, it can tell a time that was moved out of a
    gap from one that merely follows the gap.
    """
    moment = moment.astimezone(UTC)
    past = last_change(zone, until=moment)
    if past and past.size > NONE and past.at == moment:
        return _gap_note(past, expression)
    if past and moment < past.at - past.size:
        return "clocks go back at this hour; second pass"
    coming = first_change(zone, after=moment, until=moment + LONGEST_JUMP)
    if coming and moment >= coming.at + coming.size:
        return "clocks go back at this hour; first pass"
    return ""


def _gap_note(change: OffsetChange, expression: str | None) -> str:
    start, end = change.wall_before, change.wall_after
    if expression is not None and not cron.is_wildcard(expression):
        wall = cron.next_wall(cron.validate(expression), start - SECOND)
        if wall is not None and cron.is_caught_up(wall, change):
            return f"moved from {wall:%H:%M}, which does not exist"
    style = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"clocks go forward; {start:{style}} to {end:{style}} does not exist"
