"""Which product is measured how: the order of the list is the order within a round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

OURS = ("tasks_core", "raw")


@dataclass(frozen=True)
class Entry:
    """One product in one set-up. ``options`` go to the measurement."""

    peer: str
    store: str
    profile: str = "best"
    options: dict[str, Any] = field(default_factory=dict)
    in_quick_run: bool = True


def with_two(entry: Entry) -> Entry:
    """Return this product with two processes, for full runs."""
    return replace(entry, options={"workers": 2}, in_quick_run=False)


POSTGRES = "postgres"
US_PG, US_LITE = Entry("tasks_core", POSTGRES, "default"), Entry("tasks_core", "sqlite", "default")
US_PG_TWO = Entry("tasks_core", POSTGRES, "default", {"workers": 2})
RAW_PG, RAW_LITE = Entry("raw", POSTGRES, "default"), Entry("raw", "sqlite", "default")
PROCRASTINATE, PROCRASTINATE_AS_SHIPPED = (
    Entry("procrastinate", POSTGRES),
    Entry("procrastinate", POSTGRES, "default"),
)
Q2, TASKS_DB, TASKS_DB_LITE = (
    Entry("django_q2", POSTGRES),
    Entry("django_tasks_db", POSTGRES),
    Entry("django_tasks_db", "sqlite"),
)
HUEY, HUEY_LITE, CELERY = Entry("huey", "redis"), Entry("huey", "sqlite"), Entry("celery", "redis")
AS_SHIPPED = [
    Entry("django_tasks_db", POSTGRES, "default"),
    Entry("django_q2", POSTGRES, "default"),
    Entry("huey", "sqlite", "default"),
    Entry("celery", "redis", "default"),
]

# Our rows stand beside those they are compared with, so that the same minute serves both.
PLAN: dict[str, list[Entry]] = {
    "enqueue": [
        *(US_PG, RAW_PG, PROCRASTINATE, TASKS_DB, Q2),
        *(US_LITE, RAW_LITE, TASKS_DB_LITE, HUEY_LITE, HUEY, CELERY),
    ],
    "drain": [
        *(PROCRASTINATE, US_PG, RAW_PG, US_PG_TWO, Q2, TASKS_DB),
        *(with_two(PROCRASTINATE), with_two(Q2), with_two(TASKS_DB)),
        *(HUEY_LITE, US_LITE, RAW_LITE, TASKS_DB_LITE, HUEY, CELERY),
        *(with_two(US_LITE), with_two(HUEY_LITE), with_two(HUEY), with_two(CELERY)),
    ],
    "pickup": [US_PG, PROCRASTINATE_AS_SHIPPED, TASKS_DB, US_LITE, HUEY_LITE, HUEY, CELERY],
    "deferred": [US_PG, AS_SHIPPED[3], PROCRASTINATE_AS_SHIPPED, US_LITE, TASKS_DB],
    "idle": [US_PG, US_LITE, PROCRASTINATE_AS_SHIPPED, *AS_SHIPPED],
    "cold": [US_PG, US_LITE, PROCRASTINATE_AS_SHIPPED, *AS_SHIPPED],
    "claim": [US_PG, US_LITE],
    "schedules": [US_PG],
}
AT_FIRST = tuple(name for name in PLAN if name != "schedules")  # asked for by name

FULL: dict[str, dict[str, Any]] = {
    "enqueue": {"singly": 3000, "at_once": 20_000},
    "drain": {"seconds": 12},
    "pickup": {"jobs": 150, "seconds": 60},
    "deferred": {"jobs": 300, "span": 15},
    "idle": {"seconds": 30},
    "cold": {"starts": 3},
    "claim": {"claims": 500},
    "schedules": {"minutes": 3},
}
QUICK: dict[str, dict[str, Any]] = {
    "enqueue": {"singly": 400, "at_once": 4000},
    "drain": {"seconds": 3},
    "pickup": {"jobs": 25, "seconds": 6},
    "deferred": {"jobs": 40, "span": 3},
    "idle": {"seconds": 4},
    "cold": {"starts": 1},
    "claim": {"claims": 100},
    "schedules": {"minutes": 1},
}
SMALL, LARGE = 10_000, 1_000_000
QUICK_LARGE = 50_000
QUICK_SHARE = 4  # of the jobs that are drained, one in so many


@dataclass(frozen=True)
class Cell:
    """One measurement: what the driver is told, and under what name it is reported."""

    measure: str
    entry: Entry
    options: dict[str, Any]
    label: str = ""  # tells cells of one entry apart


def cells(measure: str, entry: Entry, *, is_quick: bool, idle_transaction: float) -> Iterator[Cell]:
    """Yield what this entry is to be measured with."""
    if is_quick and not entry.in_quick_run:
        return
    options = (QUICK if is_quick else FULL)[measure] | entry.options
    if measure == "claim":
        for finished in (SMALL, QUICK_LARGE if is_quick else LARGE):
            is_large = finished != SMALL
            claims = {"finished": finished, "waiting": finished // 5}
            beside = {"idle_transaction": idle_transaction if is_large else 0}
            label = "large" if is_large else "small"
            yield Cell(measure, entry, options | claims | beside, label)
        return
    label = f"{entry.options['workers']} processes" if "workers" in entry.options else ""
    yield Cell(measure, entry, options, label)
