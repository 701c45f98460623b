"""Only tasks_core/clock.py reads the time, so a test can set it for everything at once."""

import ast

import pytest

from tests.architecture.source import PACKAGE_SOURCES, Source, sources, where

# The second is for the one process without Django.
HOMES = {"tasks_core/clock.py", "tasks_core/processes/supervisor/clock.py"}
CLOCKS = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.localtime",
    "time.gmtime",
    "time.sleep",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "django.utils.timezone.now",
    "django.utils.timezone.localdate",
    "django.db.models.functions.Now",
}
AUTOMATIC = {"auto_now", "auto_now_add"}  # Django's fields read the time as well


def readings(source: Source) -> list[str]:
    """Return where a file reads a clock, or passes one on."""
    nodes = [
        node
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.expr) and source.meaning(node) in CLOCKS)
        or (isinstance(node, ast.keyword) and node.arg in AUTOMATIC)
    ]
    return [where(source, node) for node in nodes]


@pytest.mark.parametrize("source", PACKAGE_SOURCES, ids=lambda source: source.path)
def test_only_the_clock_reads_the_time(source):
    if source.path in HOMES:
        assert readings(source) != []
    else:
        assert readings(source) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time as t\nwait = t.monotonic",
        "from time import perf_counter as tick\ntick()",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "from datetime import datetime as dt\ndt.utcnow()",
        "from django.utils import timezone\nfield(default=timezone.now)",
        "from django.utils.timezone import now\nnow()",
        "from django.db.models.functions import Now\nJob.objects.filter(a=Now())",
        "models.DateTimeField(auto_now_add=True)",
    ],
)
def test_a_second_clock_is_noticed(text):
    assert readings(Source("scheduler/guilty.py", text)) != []


def test_our_own_clock_is_none():
    text = "from tasks_core import clock\nclock.now(); clock.monotonic()"

    assert readings(Source("scheduler/innocent.py", text)) == []


def test_no_test_sleeps():
    # What measures keeps a pace, and is no test.
    tests = [s for s in sources("tests") if not s.path.startswith("tests/benchmarks/")]
    guilty = [source.path for source in tests if sleeps(source)]

    assert guilty == []


def test_a_sleeping_test_is_noticed():
    assert sleeps(Source("tests/guilty.py", "from time import sleep\nsleep(1)"))


def sleeps(source: Source) -> bool:
    slow = {"time.sleep", "tasks_core.clock.sleep"}
    return any(source.meaning(call.func) in slow for call in source.calls())
