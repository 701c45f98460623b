"""
What the API over HTTP costs beside views that do the same and check nothing.

    [TEST_DB=postgres] python -m tests.benchmarks.http [--rounds 200]

In one process, in turns, through Django's test client and as a superuser with a session: 50 jobs are
listed, and a job is stored, without and with an ``Idempotency-Key``. A bare view selects the same
rows, or stores the same call, and returns a ``JsonResponse``. Prints the medians, in milliseconds,
and the median of the ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import Any

from tests.benchmarks.scratch import scratch_site
from tests.benchmarks.turns import Times, in_turns

BODY = {"arguments": {"cup": "oolong", "milliliters": 150}}

keys = count()


def main(rounds: int) -> None:
    with scratch_site() as settings:
        settings.ROOT_URLCONF = "tests.benchmarks.bare"
        settings.TASKS_CORE = {"HTTP_RATE": ""}
        times = in_turns(ways(), rounds=rounds)
    report(times, "list, bare", ["list"])
    report(times, "store, bare", ["store", "store, with a key"])


def ways() -> dict[str, Callable[[], Any]]:
    """Return what is measured by name, with a table that has something to list."""
    from tests.benchmarks.bare import LISTED
    from tests.tasks_core.http.callers import Caller, person

    ada = Caller(person("ada", is_superuser=True))
    address = "jobs/tasks/tests.tasks_core.http.tasks.brew"

    def ask(status: int, answer: Any) -> None:
        assert answer.status_code == status, answer.content

    for _ in range(LISTED):
        ask(201, ada.post("bare/store", BODY))
    return {
        "list, bare": lambda: ask(200, ada.get("bare/list")),
        "list": lambda: ask(200, ada.get("jobs/")),
        "store, bare": lambda: ask(201, ada.post("bare/store", BODY)),
        "store": lambda: ask(201, ada.post(address, BODY)),
        "store, with a key": lambda: ask(
            201, ada.post(address, BODY, idempotency_key=f"key-{next(keys)}")
        ),
    }


def report(times: Times, bare: str, others: list[str]) -> None:
    print(f"{bare:20}{median(times[bare]) * 1000:8.2f} ms")  # noqa: T201
    for way in others:
        ratio = median(ours / b for ours, b in zip(times[way], times[bare], strict=True))
        print(f"{way:20}{median(times[way]) * 1000:8.2f} ms {ratio:6.2f}x")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    main(**vars(parser.parse_args()))
