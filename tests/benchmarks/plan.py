"""Which product is measured how: the order of the list is the order within a round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

OURS = ("tasks_core", "raw", "raw_redis")


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
US_REDIS, RAW_REDIS = (
    Entry("tasks_core", "redis", "default"),
    Entry("raw_redis", "redis", "default"),
)
US_REDIS_TWO = Entry("tasks_core", "redis", "default", {"workers": 2})
DRAMATIQ = Entry("dramatiq", "redis")
DRAMATIQ_TWO = Entry("dramatiq", "redis", options={"workers": 2})
APSCHEDULER = Entry("apscheduler", POSTGRES, options={"slow": 3})
RAW_LEAST = Entry("raw", POSTGRES)
US_PG_TWO_SCHEDULERS = Entry("tasks_core", POSTGRES, "default", {"schedulers": 2})
AS_SHIPPED = [
    Entry("django_tasks_db", POSTGRES, "default"),
    Entry("django_q2", POSTGRES, "default"),
    Entry("huey", "sqlite", "default"),
    Entry("celery", "redis", "default"),
]

Q2_AS_SHIPPED = AS_SHIPPED[1]
# Our rows stand beside those they are compared with, so that the same minute serves both.
PLAN: dict[str, list[Entry]] = {
    "enqueue": [
        *(US_PG, RAW_PG, PROCRASTINATE, TASKS_DB, Q2),
        *(US_LITE, RAW_LITE, TASKS_DB_LITE, HUEY_LITE),
        *(US_REDIS, RAW_REDIS, HUEY, DRAMATIQ, CELERY),
    ],
    "drain": [
        *(PROCRASTINATE, US_PG, RAW_PG, US_PG_TWO, Q2, TASKS_DB),
        *(with_two(PROCRASTINATE), with_two(Q2), with_two(TASKS_DB)),
        *(HUEY_LITE, US_LITE, RAW_LITE, TASKS_DB_LITE),
        *(HUEY, US_REDIS, DRAMATIQ, CELERY),
        *(with_two(US_LITE), with_two(HUEY_LITE)),
        *(DRAMATIQ_TWO, US_REDIS_TWO, with_two(HUEY), with_two(CELERY)),
    ],
    "pickup": [
        *(US_PG, PROCRASTINATE_AS_SHIPPED, TASKS_DB, US_LITE, HUEY_LITE),
        *(HUEY, US_REDIS, DRAMATIQ, CELERY),
    ],
    "deferred": [US_PG, AS_SHIPPED[3], PROCRASTINATE_AS_SHIPPED, US_LITE, TASKS_DB, US_REDIS],
    "idle": [US_PG, US_LITE, US_REDIS, PROCRASTINATE_AS_SHIPPED, *AS_SHIPPED],
    "cold": [US_PG, US_LITE, PROCRASTINATE_AS_SHIPPED, *AS_SHIPPED],
    "claim": [US_PG, US_LITE],
    "due": [
        *(APSCHEDULER, PROCRASTINATE, US_PG, RAW_PG, RAW_LEAST, Q2_AS_SHIPPED),
        *(US_PG_TWO_SCHEDULERS, US_LITE),
    ],
    "punctual": [US_PG, US_LITE],
    "waiting": [US_PG, US_LITE],
    "sync": [US_PG, US_LITE],
}
# What --only takes beside these names.
GROUPS = {"schedules": ("due", "punctual", "waiting", "sync")}
GROUPS["queue"] = tuple(name for name in PLAN if name not in GROUPS["schedules"])
ONCE = {"claim", *GROUPS["schedules"]}  # measured in one round, unless more are asked for

FULL: dict[str, dict[str, Any]] = {
    "enqueue": {"singly": 3000, "at_once": 20_000},
    "drain": {"seconds": 12},
    "pickup": {"jobs": 150, "seconds": 60},
    "deferred": {"jobs": 300, "span": 15},
    "idle": {"seconds": 30},
    "cold": {"starts": 3},
    "claim": {"claims": 500},
    "due": {},
    "punctual": {"seconds": 100},
    "waiting": {"seconds": 30},
    "sync": {"count": 10_000},
}
QUICK: dict[str, dict[str, Any]] = {
    "enqueue": {"singly": 400, "at_once": 4000},
    "drain": {"seconds": 3},
    "pickup": {"jobs": 25, "seconds": 6},
    "deferred": {"jobs": 40, "span": 3},
    "idle": {"seconds": 4},
    "cold": {"starts": 1},
    "claim": {"claims": 100},
    "due": {},
    "punctual": {"seconds": 8},
    "waiting": {"seconds": 5},
    "sync": {"count": 1000},
}
SMALL, LARGE = 10_000, 1_000_000
QUICK_LARGE = 50_000
QUICK_SHARE = 4  # of the jobs that are drained, one in so many
# Schedules that are due at one minute, at the next, at the last; in a quick run a tenth.
FEW, SOME, MANY, VERY_MANY = 100, 1000, 10_000, 100_000
QUICK_TENTH = 10


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
    of_measure = {"claim": _claims, "due": _dues, "waiting": _waits}.get(measure)
    if of_measure is not None:
        for label, more in of_measure(entry, is_quick=is_quick, idle_transaction=idle_transaction):
            yield Cell(measure, entry, options | more, label)
        return
    label = f"{entry.options['workers']} processes" if "workers" in entry.options else ""
    yield Cell(measure, entry, options, label)


Labelled = Iterator[tuple[str, dict[str, Any]]]


def _claims(entry: Entry, *, is_quick: bool, idle_transaction: float) -> Labelled:
    for label, finished in (("small", SMALL), ("large", QUICK_LARGE if is_quick else LARGE)):
        beside = {"idle_transaction": idle_transaction if label == "large" else 0}
        yield label, {"finished": finished, "waiting": finished // 5} | beside


def _dues(entry: Entry, *, is_quick: bool, **_: Any) -> Labelled:
    """Yield the steps; ours, and the limits, have more of them and more schedules."""
    less = QUICK_TENTH if is_quick else 1
    few, some, many, very_many = (count // less for count in (FEW, SOME, MANY, VERY_MANY))
    if not (entry.peer in OURS and entry.store == POSTGRES):
        yield "many", {"steps": {"few": few, "all": many}}
    elif "schedulers" in entry.options:
        processes = f"{entry.options['schedulers']} processes"
        yield f"many, {processes}", {"steps": {"all": many}}
        yield f"very many, {processes}", {"steps": {"all": very_many}}
    else:
        yield "many", {"steps": {"few": few, "some": some, "all": many}}
        yield "very many", {"steps": {"few": few, "some": some, "all": very_many}}
        if entry.peer == "tasks_core":
            yield "many, all different", {"steps": {"all": many}, "is_varied": True}


def _waits(entry: Entry, *, is_quick: bool, **_: Any) -> Labelled:
    yield "none", {"count": 0}
    yield "very many", {"count": VERY_MANY // (QUICK_TENTH if is_quick else 1)}
