"""Lanes as SVG: one path for each state, in seconds, so that a page can slide along them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from scheduler.dashboard import Snapshot
from scheduler.dashboard.lanes import Lane
from scheduler.dashboard.ticks import Tick, bucket_size

HOUR = 3600
# From where to where a tick reaches in a lane 20 units high: shape tells what colour tells.
REACH = {"failed": (1, 19), "missing": (1, 19), "planned": (8, 12), "skipped": (12, 16)}
USUAL = (4, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLane:
    lane: Lane
    origin: int  # where x is 0, in seconds since 1970
    span: int
    view_box: str
    grid: str
    marks: list[tuple[str, str]]  # state, path
    told: str  # for those who do not see it
    address: str  # in the admin, if there is one


def drawn(snapshot: Snapshot) -> list[DrawnLane]:
    return [draw(lane, now=snapshot.now, span=snapshot.span) for lane in snapshot.lanes]


def draw(lane: Lane, *, now: datetime, span: timedelta) -> DrawnLane:
    # Whole hours, so that a tick keeps its x, and a lane its text, from one look to the next.
    origin = int(now.timestamp()) // HOUR * HOUR
    seconds = int(span.total_seconds())
    left = now.timestamp() - origin - seconds
    return DrawnLane(
        lane=lane,
        origin=origin,
        span=seconds,
        view_box=f"{left:.2f} 0 {2 * seconds} 20",
        grid=grid(left, seconds),
        marks=marks(lane.ticks, origin=origin, middle=bucket_size(span).total_seconds() / 2),
        told=told(lane.ticks),
        address=address(lane.key),
    )


def marks(ticks: list[Tick], *, origin: int, middle: float) -> list[tuple[str, str]]:
    paths: dict[str, list[str]] = defaultdict(list)
    for tick in ticks:
        x = tick.at.timestamp() - origin + middle
        top, bottom = REACH.get(tick.state, USUAL)
        paths[tick.state].append(f"M{x:g} {top}V{bottom}")
        if tick.until:
            paths[tick.state].append(f"M{x:g} 14H{tick.until.timestamp() - origin + middle:g}")
    return [(state, "".join(path)) for state, path in paths.items()]


def grid(left: float, span: int) -> str:
    """Return vertical lines at a quarter of the span, standing still while time moves on."""
    step = max(1, span // 4)
    first = int(left // step) * step
    return "".join(f"M{x} 0V20" for x in range(first, first + 2 * span + 3 * step, step))


def told(ticks: list[Tick]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for tick in ticks:
        counts[tick.state] += tick.count or 0
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or _("nothing")


def address(key: str) -> str:
    try:
        return reverse("admin:tasks_scheduler_schedule_change", args=[quote(key)])
    except NoReverseMatch:
        return ""
