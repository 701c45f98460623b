"""How their due times and ours differ, as sentences: what a change of the clocks does to each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.due.zones import OffsetChange
from scheduler.importing.comparing import Comparison, Night
from tasks_core.words import counted

SHOWN = 3
NONE = timedelta(0)
FORWARD = "Here a time of day that does not exist is due at the first instant after the gap."
BACK_TWICE_THERE = "Here a time of day that comes twice is due once."
BACK_TWICE_HERE = "Here what begins with * goes on through both passes."


def is_explained(comparison: Comparison) -> bool:
    """Say whether nothing differs but at changes of the clocks."""
    differing = (*comparison.only_there, *comparison.only_here)
    return all(_night_of(comparison, due_at) is not None for due_at in differing)


def sentences(comparison: Comparison, zone: ZoneInfo | None) -> Iterator[str]:
    """Yield what was compared, and each difference with its reason."""
    until = f"until {comparison.until:%Y-%m-%d}"
    if not comparison.compared:
        yield f"Neither is due {until}."
        return
    differing = len(comparison.only_there) + len(comparison.only_here)
    many = "" if comparison.is_whole else " of many"
    told = f"{counted(comparison.compared, 'due time')}{many}"
    yield f"Compared {until}: {told}, {differing or 'none'} of them only there or only here."
    for night in comparison.nights:
        there, here = (
            [due_at for due_at in times if _night_of(comparison, due_at) is night]
            for times in (comparison.only_there, comparison.only_here)
        )
        if zone is not None and (there or here):
            yield _at_change(night.change, zone, there=there, here=here)
    yield from _unexplained(comparison, zone)


def _night_of(comparison: Comparison, due_at: datetime) -> Night | None:
    return next((night for night in comparison.nights if night.explains(due_at)), None)


def _at_change(
    change: OffsetChange, zone: ZoneInfo, *, there: Sequence[datetime], here: Sequence[datetime]
) -> str:
    forward = change.size > NONE
    first, last = sorted((change.wall_before, change.wall_after))
    what = "does not exist" if forward else "comes twice"
    night = f"On {first:%Y-%m-%d} clocks in {zone.key} go {'forward' if forward else 'back'}: "
    if forward:
        why = f" {FORWARD}" if here else ""
    else:
        why = f" {BACK_TWICE_THERE if there and not here else BACK_TWICE_HERE if here else ''}"
    due = "; ".join(
        f"due only {where} at {_listed(times, zone)}"
        for where, times in (("there", there), ("here", here))
        if times
    )
    return f"{night}{first:%H:%M} to {last:%H:%M} {what}; {due}.{why.rstrip()}"


def _unexplained(comparison: Comparison, zone: ZoneInfo | None) -> Iterator[str]:
    for where, times in (("there", comparison.only_there), ("here", comparison.only_here)):
        left = [each for each in times if _night_of(comparison, each) is None]
        if left:
            yield f"For no reason that is known, due only {where} at {_listed(left, zone)}."


def _listed(times: Sequence[datetime], zone: ZoneInfo | None) -> str:
    told = ", ".join(f"{_local(each, zone)}" for each in times[:SHOWN])
    return told + (f" and {len(times) - SHOWN} more" if len(times) > SHOWN else "")


def _local(moment: datetime, zone: ZoneInfo | None) -> str:
    if zone is None:
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    local = moment.astimezone(zone)
    text = f"{local:%Y-%m-%d %H:%M}" + (f"{local::%S}" if local.second else "")
    return f"{text} {local:%Z} ({moment:%H:%M} UTC)"
