"""
What our queues cost as a backend of Django's TASKS, beside our own API: in one process, in turns.

    TEST_DB=postgres python -m tests.benchmarks.bridge [--calls 1000] [--rounds 15]

Prints the median of a call and of a run in each way, in microseconds, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Callable
from statistics import median
from time import perf_counter

import django


def main(calls: int, rounds: int) -> None:
    from tests.joined import TASKS

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ["TEST_EXTRA_SETTINGS"] = json.dumps({"TASKS": TASKS})
    django.setup()
    from django.db import connection

    logging.disable()  # both write the same lines to nobody
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        report(measured(calls, rounds))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measured(calls: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each step of each way, by round."""
    from tasks_core import background
    from tests.app import django_tasks, tasks

    ways: dict[str, Callable[[], object]] = {
        "own": lambda: background.enqueue(tasks.take, [1], {"more": 2}),
        "TASKS": lambda: django_tasks.take.enqueue(1, more=2),
    }
    times: dict[str, dict[str, list[float]]] = {way: {"enqueue": [], "run": []} for way in ways}
    for number in range(rounds + 1):
        for way in [*ways] if number % 2 else [*ways][::-1]:
            took = one_round(ways[way], calls)
            if number:  # the first warms up
                for step, seconds in took.items():
                    times[way][step].append(seconds / calls)
    return times


def one_round(enqueue: Callable[[], object], calls: int) -> dict[str, float]:
    from tasks_core import job_backends
    from tasks_core.models import Job
    from tasks_core.processes.worker import Worker

    began = perf_counter()
    for _ in range(calls):
        enqueue()
    enqueued = perf_counter()
    Worker(job_backends["default"]).drain()
    ended = perf_counter()
    assert Job.objects.filter(state="successful").count() == calls
    Job.rows.all().delete()
    return {"enqueue": enqueued - began, "run": ended - enqueued}


def report(times: dict[str, dict[str, list[float]]]) -> None:
    for step in ("enqueue", "run"):
        own, bridge = (median(times[way][step]) for way in ("own", "TASKS"))
        in_turns = zip(times["TASKS"][step], times["own"][step], strict=True)
        ratio = median(theirs / ours for theirs, ours in in_turns)
        print(f"{step:8}{own * 1e6:8.1f} own{bridge * 1e6:8.1f} TASKS   {ratio:.2f}x")  # noqa: T201
    whole = {
        way: median(map(sum, zip(*steps.values(), strict=True))) for way, steps in times.items()
    }
    print(f"both    {whole['own'] * 1e6:8.1f} own{whole['TASKS'] * 1e6:8.1f} TASKS")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    main(**vars(parser.parse_args()))
