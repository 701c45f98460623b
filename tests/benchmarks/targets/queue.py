"""What the queue wants to be."""

from __future__ import annotations

from tests.benchmarks.results import Figure
from tests.benchmarks.targets.judging import Target


def pg(measure: str, path: str, label: str = "") -> Figure:
    return Figure(measure, "tasks_core", "postgres", "default", path, label)


def lite(measure: str, path: str, label: str = "") -> Figure:
    return Figure(measure, "tasks_core", "sqlite", "default", path, label)


def red(measure: str, path: str, label: str = "") -> Figure:
    return Figure(measure, "tasks_core", "redis", "default", path, label)


def of(measure: str, peer: str, store: str, path: str, profile: str = "best") -> Figure:
    return Figure(measure, peer, store, profile, path)


def quickly(what: str, path: str, aim: float) -> Target:
    than = of("pickup", "procrastinate", "postgres", path, "default")
    return Target(what, pg("pickup", path), than, aim, at_least=False, unit="ms")


def on_time(what: str, path: str, must: float) -> Target:
    celery = of("deferred", "celery", "redis", path, "default")
    return Target(what, pg("deferred", path), must, celery, at_least=False, unit="ms")


def no_later(what: str, path: str, aim: float) -> Target:
    huey = of("pickup", "huey", "redis", path)
    return Target(what, red("pickup", path), huey, aim, at_least=False, unit="ms")


def cheap(what: str, value: Figure, must: float, aim: float, unit: str) -> Target:
    return Target(what, value, must, aim, at_least=False, unit=unit)


def rate(what: str, value: Figure, than: Figure, must: float, aim: float | None = None) -> Target:
    return Target(what, value, must, aim, than=than)


ONE, LITE = pg("drain", "rate"), lite("drain", "rate")
HUEY = of("drain", "huey", "redis", "rate")
Q2 = of("drain", "django_q2", "postgres", "rate")
BESIDE = pg("claim", "beside_transaction.p95", "large")
TARGETS = [
    rate(
        "drain, PostgreSQL, vs procrastinate",
        ONE,
        of("drain", "procrastinate", "postgres", "rate"),
        8,
        15,
    ),
    rate("drain, PostgreSQL, vs django-q2", ONE, Q2, 4, 8),
    rate("drain, PostgreSQL, 2 processes vs 1", pg("drain", "rate", "2 processes"), ONE, 1.3),
    rate(
        "drain, PostgreSQL, vs raw claim + update of our group size",
        ONE,
        of("drain", "raw", "postgres", "rate", "default"),
        0.25,
        0.5,
    ),
    rate("drain, SQLite, vs huey", LITE, of("drain", "huey", "sqlite", "rate"), 2, 3),
    rate(
        "drain, SQLite, vs django-tasks-db",
        LITE,
        of("drain", "django_tasks_db", "sqlite", "rate"),
        10,
    ),
    quickly("pick-up, PostgreSQL, p50", "p50", 2),
    quickly("pick-up, PostgreSQL, p95", "p95", 4),
    quickly("pick-up, PostgreSQL, p99", "p99", 5),
    Target(
        "pick-up, SQLite, p50",
        lite("pickup", "p50"),
        of("pickup", "huey", "sqlite", "p50"),
        5,
        at_least=False,
        unit="ms",
    ),
    on_time("deferred lag, PostgreSQL, p50", "p50", 10),
    on_time("deferred lag, PostgreSQL, p99", "p99", 30),
    rate(
        "enqueue, PostgreSQL, vs raw INSERT of the row",
        pg("enqueue", "single"),
        of("enqueue", "raw", "postgres", "single", "default"),
        0.45,
        0.6,
    ),
    rate(
        "enqueue_many, PostgreSQL, vs procrastinate",
        pg("enqueue", "many"),
        of("enqueue", "procrastinate", "postgres", "many"),
        1,
        2.5,
    ),
    rate(
        "enqueue_many, PostgreSQL, vs bulk_create of the rows",
        pg("enqueue", "many"),
        of("enqueue", "raw", "postgres", "many", "default"),
        0.8,
        1.5,
    ),
    rate("drain, Redis, vs huey", red("drain", "rate"), HUEY, 1.5, 3),
    rate(
        "drain, Redis, 2 processes, vs dramatiq",
        red("drain", "rate", "2 processes"),
        Figure("drain", "dramatiq", "redis", "best", "rate", "2 processes"),
        1.3,
        2,
    ),
    no_later("pick-up, Redis, p50", "p50", 1.5),
    no_later("pick-up, Redis, p99", "p99", 5),
    cheap("deferred lag, Redis, p50", red("deferred", "p50"), 10, 2, "ms"),
    cheap("deferred lag, Redis, p99", red("deferred", "p99"), 30, 5, "ms"),
    rate(
        "enqueue, Redis, vs LPUSH by redis-py",
        red("enqueue", "single"),
        of("enqueue", "raw_redis", "redis", "single", "default"),
        0.5,
        0.7,
    ),
    cheap("idle CPU, PostgreSQL", pg("idle", "cpu_percent"), 1, 0.5, "%"),
    cheap("idle queries, PostgreSQL", pg("idle", "queries"), 2, 0.3, "/s"),
    cheap("idle CPU, SQLite", lite("idle", "cpu_percent"), 1, 0.5, "%"),
    Target(
        "claim p95, PostgreSQL, large table",
        pg("claim", "p95", "large"),
        10,
        at_least=False,
        unit="ms",
    ),
    Target("the same beside an old transaction", BESIDE, 10, at_least=False, unit="ms"),
    Target(
        "claim p95, SQLite, large table",
        lite("claim", "p95", "large"),
        25,
        at_least=False,
        unit="ms",
    ),
    Target(
        "claim p95, PostgreSQL, large vs small table",
        pg("claim", "p95", "large"),
        None,
        1.5,
        than=pg("claim", "p95", "small"),
        at_least=False,
    ),
    Target(
        "claim p95, SQLite, large vs small table",
        lite("claim", "p95", "large"),
        None,
        1.5,
        than=lite("claim", "p95", "small"),
        at_least=False,
    ),
    cheap("memory of a child (PSS)", pg("drain", "children_mib"), 75, 65, "MiB"),
    cheap("memory of the supervisor (PSS)", pg("drain", "supervisor_mib"), 30, 20, "MiB"),
]
