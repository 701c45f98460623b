"""What the supervisor decides, without processes: whom to kill, when to start anew, who inherits."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from tasks_core.processes import launch
from tasks_core.processes import supervisor as package
from tasks_core.processes.supervisor import records
from tasks_core.processes.supervisor.estates import Estates
from tasks_core.processes.supervisor.places import HEALTHY, LONGEST, Place
from tasks_core.processes.supervisor.plan import VARIABLE, Plan
from tasks_core.processes.supervisor.records import Contents, Started
from tasks_core.processes.supervisor.reload import Reload
from tasks_core.processes.supervisor.report import describe_job
from tasks_core.processes.supervisor.verdicts import STARTUP, leaks, verdict

FOLDER = Path(package.__file__).parent
PLAN = Plan(command=["true"], lease=10, grace=30, tell_grace=5, max_memory=100)
NOW = 1000.0
JOB = Started(UUID(int=7), 3, started=NOW - 60, deadline=0.0, task="shop.tasks.brew")


class Orders(list):
    def order(self, **words):
        self.append(words)


def child(*started, born=NOW - 100, **fields):
    """Return what the parts see of a child that serves."""
    notes = Contents(beat=NOW, state=records.SERVING, owners=[UUID(int=1)], started=list(started))
    known = {
        "pid": 42,
        "place": 0,
        "born": born,
        "notes": notes,
        "silent": 0.0,
        "leaving_since": None,
        "killed": None,
        "fate": "was ended by SIGKILL",
        "heirs": {},
        "process": SimpleNamespace(returncode=-9),
    }
    return SimpleNamespace(**known | fields)


# Whom to kill.


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"silent": PLAN.hung_after}, None),
        ({"silent": PLAN.hung_after + 0.1}, "silent for 5.1 s"),
        ({"notes": Contents(), "born": NOW - STARTUP}, None),
        ({"notes": Contents(), "born": NOW - STARTUP - 1}, "no sign of life"),
        ({"leaving_since": NOW - 35}, None),
        ({"leaving_since": NOW - 36}, "still there 36 s after it was to leave"),
    ],
)
def test_who_is_killed(fields, why):
    found = verdict(child(**fields), PLAN, now=NOW)

    assert found is None if why is None else why in found


@pytest.mark.parametrize(
    ("late", "told", "leaving_since", "is_killed"),
    [
        (6.0, records.NOT_TOLD, None, False),
        (6.1, records.NOT_TOLD, None, True),
        (6.1, records.NOT_TOLD, NOW - 1, True),  # it cannot be told, so it does not end
        (11.0, records.TOLD_TIMEOUT, None, False),
        (11.1, records.TOLD_TIMEOUT, None, True),
        (11.1, records.TOLD_TIMEOUT, NOW - 1, False),  # it ends by itself
    ],
)
def test_whose_job_is_over_its_time(late, told, leaving_since, is_killed):
    job = replace(JOB, deadline=NOW - late, told=told)

    found = verdict(child(job, leaving_since=leaving_since), PLAN, now=NOW)

    assert (found is not None) is is_killed


def test_who_takes_too_much_memory():
    assert [leaks(used, PLAN) for used in (100, 150)] == [None, None]
    assert "were allowed" in leaks(151, PLAN)
    assert leaks(10**12, replace(PLAN, max_memory=None)) is None


def test_half_a_lease_of_silence_is_too_long_but_no_hiccup():
    assert [replace(PLAN, lease=lease).hung_after for lease in (60, 1)] == [30, 2]


# When to start anew.


def delays(deaths, *started, age=1.0):
    place, found = Place(0), []
    for _ in range(deaths):
        place.child = child(*started, born=NOW - age)
        found.append(place.vacate(place.child, now=NOW, planned=False))
    return found


def test_who_dies_again_and_again_waits_longer_and_longer():
    assert delays(8) == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST, LONGEST]


def test_who_died_of_its_jobs_does_not_wait_long():
    assert delays(5, JOB) == [0.0, 1.0, 1.0, 1.0, 1.0]


def test_earlier_deaths_of_who_lived_long_are_forgotten():
    assert delays(3, age=HEALTHY) == [0.0, 0.0, 0.0]


def test_a_planned_end_is_no_death():
    place = Place(0)
    for _ in range(5):
        place.child = child(born=NOW)
        assert place.vacate(place.child, now=NOW, planned=True) == 0.0
    assert place.is_due(NOW)


def test_an_heir_takes_the_place():
    old, new = child(), child()
    place = Place(0, child=old, heir=new)

    assert place.vacate(old, now=NOW, planned=True) is None

    assert place.occupants == [new]
    assert not place.is_due(NOW)


# One after the other.


class Living(SimpleNamespace):
    """A child that leaves when it is told to."""

    @property
    def is_serving(self):
        return self.notes.state == records.SERVING

    def leave(self):
        self.process.returncode = 0


def living(state=records.SERVING):
    process = SimpleNamespace(returncode=None)
    return Living(pid=7, notes=Contents(state=state), process=process, killed=None)


def test_a_reload_replaces_one_after_the_other(capsys):
    places = [Place(0, child=living()), Place(1, child=living()), Place(2, start_at=NOW + 30)]
    reload, begun = Reload(places), []

    def start(place):
        place.heir = living(records.STARTING)
        begun.append(place.number)
        return place.heir

    assert places[2].is_due(NOW)  # what died again and again need not wait any longer
    for number in (0, 1):
        place = places[number]
        reload.step(start)
        reload.step(start)
        assert begun == list(range(number + 1))
        assert place.child.process.returncode is None  # the new one does not serve yet
        place.heir.notes = Contents(state=records.SERVING)
        reload.step(start)
        assert place.child.process.returncode == 0
        place.child, place.heir = place.heir, None
        reload.step(start)
    assert not reload.is_done
    reload.step(start)

    assert reload.is_done
    assert "reload is over" in capsys.readouterr().err


@pytest.mark.parametrize("cause", ["it dies", "no process can be started"])
def test_a_reload_is_given_up_when_a_new_one_does_not_come_up(capsys, cause):
    places = [Place(0, child=living()), Place(1, child=living())]
    reload, heir = Reload(places), living(records.STARTING)

    reload.step(lambda _: heir if cause == "it dies" else None)
    heir.process.returncode = 1
    if not reload.is_done:
        reload.step(lambda _: heir)

    assert reload.is_done
    assert [place.child.process.returncode for place in places] == [None, None]
    told = capsys.readouterr().err
    assert "reload given up" in told
    assert "is over" not in told


# Who inherits.


def test_what_the_dead_had_started_is_handed_to_the_living_and_on_if_that_one_dies():
    estates, heir, other = Estates(), Orders(), Orders()
    for each in (heir, other):
        each.heirs = {}
    told = replace(JOB, job_id=UUID(int=8), told=records.TOLD_CANCELLED)
    estates.add(child(JOB, told))

    estates.hand_over([])
    assert estates.waiting
    estates.hand_over([heir, other])
    assert not estates.waiting

    [order] = heir
    assert order["owners"] == [str(UUID(int=1))]
    assert order["started"] == [[str(UUID(int=7)), 3, ""], [str(UUID(int=8)), 3, "cancelled"]]
    assert order["complete"]
    estates.add(child(notes=Contents(), heirs=heir.heirs))  # it died before it had done it
    estates.hand_over([other])
    assert [each["started"] for each in other] == [order["started"]]


@pytest.mark.parametrize(("status", "inherited"), [(0, 0), (1, 0), (-9, 1), (3, 1)])
def test_who_has_left_in_order_leaves_nothing(status, inherited):
    estates = Estates()

    gone = child(leaving_since=NOW, process=SimpleNamespace(returncode=status))
    estates.add(gone)

    assert estates.waiting is bool(inherited)


# What it is.


def test_a_job_is_described_with_its_task_and_what_it_was_told():
    job = replace(JOB, deadline=NOW - 2, told=records.TOLD_TIMEOUT)

    assert describe_job(job, now=NOW) == (
        f"  job {JOB.job_id} has run for 60.0 s: shop.tasks.brew, its timeout is in -2.0 s, "
        "was told to stop (timeout)"
    )


def test_it_imports_the_standard_library_and_nothing_else():
    """Run as it is run, with the list of its modules at the end."""
    plan = replace(PLAN, command=[sys.executable, "-c", ""], duration=0.0)
    script = (
        "import json, runpy, sys\n"
        f"sys.argv = ['supervisor', {plan.dump()!r}]\n"
        "try:\n"
        f"    runpy.run_path({str(FOLDER / '__main__.py')!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )

    imported = set(json.loads(done.stdout.splitlines()[-1])) - {"supervisor", "__main__"}
    assert imported <= set(sys.stdlib_module_names)
    assert not imported & {"asyncio", "logging", "multiprocessing", "sqlite3"}  # what weighs


def test_a_child_of_another_release_says_so_and_touches_nothing(manage_process):
    told = {"layout": records.LAYOUT + 1, "notes": 0, "orders": 0, "place": 0}

    worker = manage_process("run_worker", environment={VARIABLE: json.dumps(told)})

    assert worker.wait() == 2
    assert "is of another release of django-tasks-core. Restart it" in worker.output


@pytest.mark.parametrize(
    ("quota", "count"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 8), ("", 8)],
)
def test_auto_is_what_the_container_may_use(monkeypatch, tmp_path, quota, count):
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(launch, "QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(launch.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)

    assert launch.processors() == count
