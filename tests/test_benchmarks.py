"""What measures works, and what it prints is what was found. How fast anything is, no test says."""

import importlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.benchmarks import environments, publish, report
from tests.benchmarks.measures import percentiles
from tests.benchmarks.peers import peer_named
from tests.benchmarks.plan import PLAN, cells
from tests.benchmarks.publish import BEGIN, END, with_tables
from tests.benchmarks.results import Figure, Results
from tests.benchmarks.stage import ROOT
from tests.benchmarks.targets import TARGETS, Target, judge

OURS = Figure("drain", "tasks_core", "sqlite", "default", "rate")
THEIRS = Figure("drain", "huey", "sqlite", "best", "rate")


def line(peer="tasks_core", profile="default", **found):
    named = {"peer": peer, "store": "sqlite", "profile": profile, "label": ""}
    return {"measure": "drain", **named, **found}


def results(ours=(100, 300, 200), theirs=(50,)):
    lines = [line(rate=rate) for rate in ours]
    return Results({}, lines + [line("huey", "best", rate=rate) for rate in theirs])


def test_percentiles_are_values_that_were_measured():
    assert percentiles([float(n) for n in range(100)]) == {
        "n": 100,
        "min": 0,
        "p50": 50,
        "p95": 95,
        "p99": 99,
        "max": 99,
    }
    assert percentiles([]) == {"n": 0}


def test_a_figure_is_the_median_of_its_rounds():
    assert results().of(OURS) == 200
    assert results().of(Figure("pickup", "tasks_core", "sqlite", "default", "p50")) is None


@pytest.mark.parametrize(
    ("must", "aim", "verdict"),
    [
        (4, 5, "met"),
        (3, 4, "met, aim met"),
        (5, None, "**missed**"),
        (4, None, "met"),
        (None, 5, "aim missed"),
        (Figure("idle", "huey", "sqlite", "best", "rate"), 5, "not measured"),
    ],
)
def test_a_ratio_of_four_is_judged(must, aim, verdict):
    target = Target("drain", OURS, must, aim, than=THEIRS)

    assert judge(target, results()).verdict == verdict
    assert judge(target, results()).compared == "4.00x"


def test_a_target_at_most_may_be_another_products_figure():
    slower = Target("lag", OURS, THEIRS, at_least=False, unit="ms")

    assert judge(slower, results()).verdict == "**missed**"
    assert judge(slower, results(ours=[49])).verdict == "met"


def test_what_was_not_measured_is_not_called_missed():
    target = Target("drain", OURS, 4, than=THEIRS)

    assert judge(target, results(theirs=[])).verdict == "not measured"


def test_the_tables_show_range_ratio_and_error():
    told = report.text(Results({}, [*results().lines, line("raw", error="gone; see its log")]))

    assert "| tasks_core | sqlite | default | 200 (100 to 300) |  |" in told
    assert "| huey | sqlite | best | 50 | 4.00x |" in told
    assert "gone; see its log" in told


def test_all_that_the_targets_name_is_measured():
    planned = {
        (measure, entry.peer, entry.store, entry.profile, cell.label)
        for measure, entries in PLAN.items()
        for entry in entries
        for cell in cells(measure, entry, is_quick=True, idle_transaction=0)
    }
    named = {
        (figure.measure, figure.peer, figure.store, figure.profile, figure.label)
        for target in TARGETS
        for figure in (target.value, target.than, target.must, target.aim)
        if isinstance(figure, Figure)
    }

    assert named - planned == set()


def test_each_product_of_the_plan_is_known():
    for name in {entry.peer for entries in PLAN.values() for entry in entries}:
        assert peer_named(name).drained
        assert environments.python_of is not None
        assert name in {*environments.REQUIREMENTS, "tasks_core", "raw"}


def test_a_page_keeps_its_own_words():
    page = with_tables(f"Before.\n{BEGIN}\nof last year\n{END}\nAfter.\n", results())

    assert page.startswith("Before.\n")
    assert page.endswith("After.\n")
    assert "of last year" not in page
    assert with_tables(page, results()) == page


def test_the_page_shows_the_published_results():
    page = publish.PAGE.read_text()

    assert with_tables(page, Results.read(publish.PUBLISHED)) == page


@pytest.mark.parametrize(
    ("peer", "measure", "options"),
    [
        ("tasks_core", "enqueue", {"singly": 3, "at_once": 1000}),
        ("raw", "enqueue", {"singly": 3, "at_once": 1000}),
        ("raw", "drain", {"jobs": 20, "seconds": 20, "group": 5}),
        ("tasks_core", "drain", {"jobs": 20, "seconds": 20}),
        (
            "tasks_core",
            "claim",
            {"finished": 50, "waiting": 20, "claims": 3, "idle_transaction": 0},
        ),
    ],
)
def test_a_driver_measures(peer, measure, options, tmp_path):
    """Run it on SQLite, so that a changed column or call is noticed before the next long run."""
    result = tmp_path / "result.json"
    stage = {
        "BENCH_PEER": peer,
        "BENCH_STORE": "sqlite",
        "BENCH_PROFILE": "default",
        "BENCH_FOLDER": str(tmp_path),
    }
    driver = [sys.executable, "-m", "tests.benchmarks.driver"]
    subprocess.run(
        [*driver, measure, json.dumps(options), result],
        check=True,
        cwd=ROOT,
        env=os.environ | stage,
        timeout=100,
    )

    assert "error" not in json.loads(result.read_text())


@pytest.fixture
def harness(tmp_path, monkeypatch):
    """An outside harness, as far as our adapter needs one, with the adapter dropped in."""
    adapter = ROOT / "tests/benchmarks/adapter"
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness/env.py").write_text("def cron_lines():\n    yield 0, '* * * * *'\n")
    (tmp_path / "harness/sink.py").write_text("hits = []\nhit = hits.append\n")
    (tmp_path / "adapters/tasks").mkdir(parents=True)
    (tmp_path / "adapters/base.py").write_text("class Adapter: backend = 'sqlite'\n")
    for name in ("tasks_core.py", "tasks/tasks_core.py"):
        shutil.copy(adapter / name, tmp_path / "adapters" / name)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("adapters.tasks_core").Adapter()
    for name in [name for name in sys.modules if name.split(".")[0] in {"adapters", "harness"}]:
        del sys.modules[name]


def test_the_adapter_stores_jobs_for_the_outside_harness(harness, db, monkeypatch):
    from tasks_core import clock, registry

    monkeypatch.setattr(registry, "_declared", dict(registry.declared()))
    harness.enqueue_one(1)
    harness.enqueue_bulk([2, 3])
    harness.enqueue_at(4, clock.now())

    assert harness.scheduled_count() == 4
    assert harness.django_settings()["SCHEDULE"]["tick0"]["args"] == [0]
