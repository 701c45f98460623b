"""
What each backend can do, as the conformance suite finds it out, written into the documentation.

    python -m tests.tasks_core.capabilities          runs the suite and writes the page
    python -m tests.tasks_core.capabilities --print  runs it and prints the page

A backend more is a line in BACKENDS.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/capabilities.md"
SUITE = ROOT / "tests/tasks_core/test_conformance.py"
BEGIN, END = "<!-- tables -->", "<!-- end of tables -->"

# By the name of its column: its class in the suite, and the backend itself.
BACKENDS = {
    "immediate": ("ImmediateConformance", "tasks_core.backends.immediate.ImmediateBackend"),
    "database": ("DatabaseConformance", "tasks_core.backends.database.DatabaseBackend"),
    "Redis": ("RedisConformance", "tasks_core.backends.redis.RedisBackend"),
    "Celery": ("CeleryConformance", "tasks_core.backends.celery.CeleryBackend"),
    "TASKS, at once": (
        "TasksAliasConformance",
        "tasks_core.backends.django_tasks.DjangoTasksBackend",
    ),
    "TASKS, django-tasks-db": (
        "TasksDBConformance",
        "tasks_core.backends.django_tasks.DjangoTasksBackend",
    ),
}
MODES = {
    "enqueue": "store a call",
    "defer": "store one for later",
    "enqueue_many": "store many at once",
    "get": "read a result again",
    "claim": "our workers run its jobs",
    "retry": "run a failed job again",
    "cancel": "cancel a job",
    "reschedule": "change when or where one will run",
    "pause_queue": "pause a queue",
    "report_progress": "tell how far a job is",
}
YES, NO = "yes", "-"


class Results:
    """Hears from pytest what became of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = defaultdict(dict)  # by test and class

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            _, suite, test = report.nodeid.split("::")
            if report.when != "teardown" or report.failed:
                self.outcomes[test][suite] = report.outcome


def main(arguments: list[str]) -> int:
    results = Results()
    quiet = ["-q", "-n", "0", "-p", "no:cacheprovider", str(SUITE)]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = pytest.main(quiet, plugins=[results])
    if code:
        sys.stderr.write(output.getvalue())
        return int(code)
    page = drawn(PAGE.read_text(), results)
    if "--print" in arguments:
        sys.stdout.write(page)
    else:
        PAGE.write_text(page)
    return 0


def drawn(page: str, results: Results) -> str:
    """Return the page with its tables drawn anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    tables = "\n\n".join([table("can", modes()), table("is held to", tests(results))])
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def modes() -> list[list[str]]:
    from django.utils.module_loading import import_string

    classes = [import_string(path) for _, path in BACKENDS.values()]
    return [
        [words, *(YES if callable(getattr(each, mode, None)) else NO for each in classes)]
        for mode, words in MODES.items()
    ]


def tests(results: Results) -> list[list[str]]:
    suites = [suite for suite, _ in BACKENDS.values()]
    return [
        [
            test.removeprefix("test_").replace("_", " "),
            *(YES if outcomes.get(suite) == "passed" else NO for suite in suites),
        ]
        for test, outcomes in sorted(results.outcomes.items())
        if any(outcomes.get(suite) == "passed" for suite in suites)
    ]


def table(heading: str, rows: list[list[str]]) -> str:
    lines = [[heading, *BACKENDS], ["---"] * (len(BACKENDS) + 1), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    # A run of its own, also when one of pytest's has started it.
    for name in ("TEST_FOLDER", "TEST_RUN", "TEST_DATABASE_NAME", "PYTEST_XDIST_WORKER"):
        os.environ.pop(name, None)
    os.environ["TEST_DB"] = "sqlite"
    sys.exit(main(sys.argv[1:]))
