"""What measures works, and what it prints is what was found. How fast anything is, no test says."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.benchmarks import environments, publish, report
from tests.benchmarks.measures import percentiles
from tests.benchmarks.peers import peer_named
from tests.benchmarks.peers.tasks_core import first_id
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


def test_the_published_page_misses_nothing_that_must_be():
    page = publish.PAGE.read_text()

    assert page.count("| met |") > 10
    assert "**missed**" not in page


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
        assert name in {*environments.REQUIREMENTS, "tasks_core", "raw", "raw_redis"}


def test_a_page_keeps_its_own_words():
    page = with_tables(f"Before.\n{BEGIN}\nof last year\n{END}\nAfter.\n", [results()])

    assert page.startswith("Before.\n")
    assert page.endswith("After.\n")
    assert "of last year" not in page
    assert with_tables(page, [results()]) == page


def test_the_page_shows_the_published_results():
    page = publish.PAGE.read_text()

    assert with_tables(page, publish.published()) == page


@pytest.mark.parametrize(
    ("peer", "measure", "options"),
    [
        ("tasks_core", "enqueue", {"singly": 3, "at_once": 1000}),
        ("raw", "enqueue", {"singly": 3, "at_once": 1000}),
        ("raw", "drain", {"jobs": 20, "seconds": 20, "group": 5}),
        ("tasks_core", "drain", {"jobs": 20, "seconds": 20}),
        ("tasks_core", "punctual", {"seconds": 1}),
        ("tasks_core", "waiting", {"count": 20, "seconds": 0.1}),
        ("tasks_core", "sync", {"count": 20}),
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
        timeout=300,
    )

    assert "error" not in json.loads(result.read_text())


@pytest.mark.parametrize(
    ("measure", "options", "way"),
    [
        ("http", [], "store, with a key"),
        ("wagtail", ["--pages", "2", "--delay", "0"], "in the background"),
        ("background_task", ["--waiting", "3"], "3 waiting  count()"),
    ],
)
def test_a_site_is_measured(measure, options, way, tmp_path):
    command = [sys.executable, "-m", f"tests.benchmarks.{measure}", "--rounds", "1", *options]
    own = {"TEST_FOLDER": str(tmp_path), "TEST_DB": "sqlite"}  # a database of its own

    done = subprocess.run(
        command, check=True, cwd=ROOT, env=os.environ | own, timeout=300, capture_output=True
    )

    assert way in done.stdout.decode()


def test_schedules_as_a_day_leaves_them_are_materialised(db, monkeypatch):
    """What `due` measures, without waiting for its minute."""
    from scheduler.models import Schedule
    from scheduler.process import Scheduler
    from tasks_core import clock, registry
    from tasks_core.models import Job
    from tests.benchmarks.measures.schedules import rows

    monkeypatch.setattr(registry, "_declared", dict(registry.declared()))
    minute = clock.db_now().replace(second=0, microsecond=0)
    lines = [(number, f"{minute.minute} * * * *") for number in range(7)]
    rows.store(lines, ran_at=minute - timedelta(hours=1))
    assert not Schedule.objects.filter(next_due_at__lte=minute).exists()
    Schedule.objects.update(next_due_at=minute)

    assert Scheduler().drain(batches=None).enqueued == 7
    assert Job.objects.filter(pk__gte=first_id(minute), state="ready").count() == 7


def test_no_two_varied_schedules_are_alike_and_all_are_due_at_the_minute():
    from scheduler.triggers import Cron
    from tests.benchmarks.measures.schedules import rows

    at = datetime(2026, 11, 21, 11, 40, tzinfo=UTC)
    lines = dict(rows.varied([(number, "") for number in range(1000)], at=at))

    assert len(set(lines.values())) > 500
    just_before = at - timedelta(seconds=1)
    assert {Cron(line, "UTC").next_after(just_before) for line in lines.values()} == {at}


def test_each_step_of_due_times_is_due_at_its_minutes(monkeypatch):
    from tests.benchmarks import stage
    from tests.benchmarks.measures.schedules.due import _define

    monkeypatch.setenv("BENCH_SCHEDULES", "")
    minutes = [datetime(2026, 11, 21, 11, minute, tzinfo=UTC) for minute in (40, 41, 42)]
    _define({"few": 1, "some": 3, "all": 4}, minutes)

    assert list(stage.cron_lines()) == [
        (0, "40,41,42 * * * *"),
        (1, "41,42 * * * *"),
        (2, "41,42 * * * *"),
        (3, "42 * * * *"),
    ]


@pytest.fixture
def harness(tmp_path, monkeypatch):
    """An outside harness, as far as our adapter needs one, with the adapter dropped in."""
    adapter = ROOT / "tests/benchmarks/adapter"
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness/env.py").write_text("def cron_lines():\n    yield 0, '* * * * *'\n")
    (tmp_path / "harness/sink.py").write_text("hits = []\nhit = hits.append\n")
    (tmp_path / "adapters/tasks").mkdir(parents=True)
    (tmp_path / "adapters/base.py").write_text("class Adapter: backend, best = 'sqlite', False\n")
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


def test_the_adapter_makes_schedules_in_the_database_as_well(harness, db):
    from scheduler.models import Schedule

    harness.best = True
    harness.schedule_setup()

    assert Schedule.objects.get().next_due_at is not None
    assert harness.django_settings()["SCHEDULE"] == {}
