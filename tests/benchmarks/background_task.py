"""
What tasks that wait cost those who use ``scheduler.contrib.background_task``.

    [TEST_DB=postgres] python -m tests.benchmarks.background_task [--waiting 20000] [--rounds 50]

In one process: a call, a question for one task, a change of one and ``count()``, with no task waiting
and then with so many. Prints the medians, in milliseconds.
"""

import argparse
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.scratch import scratch_site
from tests.benchmarks.turns import in_turns


def main(waiting: int, rounds: int) -> None:
    with scratch_site():
        measure("none", rounds=rounds)
        fill(waiting)
        measure(f"{waiting:,}", rounds=rounds)


def fill(waiting: int) -> None:
    from tests.scheduler.background_task.places import legacy_note as note

    for number in range(waiting):
        note(number, schedule=3600)


def measure(waiting: str, *, rounds: int) -> None:
    for way, seconds in in_turns(ways(), rounds=rounds).items():
        print(f"{waiting:>8} waiting  {way:12}{median(seconds) * 1000:8.2f} ms")  # noqa: T201


def ways() -> dict[str, Callable[[], Any]]:
    from scheduler.contrib.background_task.models import Task
    from tests.scheduler.background_task.places import legacy_note as note

    one = note("this one", schedule=3600)
    return {
        "a call": partial(note, "another", schedule=3600),
        "get(pk=…)": partial(Task.objects.get, pk=one.pk),
        "save()": partial(change, one),
        "count()": Task.objects.count,
    }


def change(task: Any) -> None:
    task.priority = 1 - task.priority
    task.save()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=50)
    main(**vars(parser.parse_args()))
