"""What the scheduler wants to be."""

from __future__ import annotations

from tests.benchmarks.results import Figure
from tests.benchmarks.targets.judging import Bound, Target
from tests.benchmarks.targets.queue import pg

MANY, VERY_MANY, TWO = "many", "very many", "2 processes"  # 10,000; 100,000
ALL, SOME = "all.last_s", "some.last_s"


def soon(what: str, value: Figure, must: Bound, aim: Bound = None) -> Target:
    return Target(what, value, must, aim, at_least=False, unit="s")


def sooner_than(peer: str, profile: str) -> Target:
    theirs = Figure("due", peer, "postgres", profile, ALL, MANY)
    return soon(f"10,000 schedules all due, vs {peer}", pg("due", ALL, MANY), theirs)


TARGETS = [
    soon("10,000 schedules all due, PostgreSQL", pg("due", ALL, MANY), 1.5, 0.7),
    soon(
        "the same, all with other expressions", pg("due", ALL, f"{MANY}, all different"), None, 1.5
    ),
    sooner_than("apscheduler", "best"),
    sooner_than("procrastinate", "best"),
    sooner_than("django_q2", "default"),
    Target(
        "the same, vs plain SQL into our tables",
        pg("due", ALL, MANY),
        None,
        3,
        than=Figure("due", "raw", "postgres", "default", ALL, MANY),
        at_least=False,
    ),
    Target(
        "the same, 2 processes vs 1",
        pg("due", ALL, f"{MANY}, {TWO}"),
        1,
        0.8,
        than=pg("due", ALL, MANY),
        at_least=False,
    ),
    soon("1,000 due of 100,000 schedules", pg("due", SOME, VERY_MANY), 1),
    Target(
        "the same, vs 1,000 due of 10,000",
        pg("due", SOME, VERY_MANY),
        None,
        1.2,
        than=pg("due", SOME, MANY),
        at_least=False,
    ),
    soon("100,000 schedules all due", pg("due", ALL, VERY_MANY), 15),
    soon("the same, 2 processes", pg("due", ALL, f"{VERY_MANY}, {TWO}"), 15, 7),
    soon("start-up with 100,000 schedules", pg("due", "startup_s", VERY_MANY), 10),
    Target(
        "memory with 100,000 schedules, all due (RSS, at its most)",
        pg("due", "peak_rss_mib", VERY_MANY),
        150,
        at_least=False,
        unit="MiB",
    ),
    Target(
        "one schedule, until its job is stored, p99",
        pg("punctual", "p99"),
        50,
        10,
        at_least=False,
        unit="ms",
    ),
    Target(
        "idle CPU with 100,000 schedules",
        pg("waiting", "cpu_percent", VERY_MANY),
        1,
        at_least=False,
        unit="%",
    ),
    Target(
        "idle queries with 100,000 schedules",
        pg("waiting", "queries", VERY_MANY),
        1,
        at_least=False,
        unit="/s",
    ),
    soon("sync of 10,000 declared, unchanged", pg("sync", "seconds"), 2),
    Target(
        "the same, writing statements", pg("sync", "writes"), 0, at_least=False, unit="statements"
    ),
]
