"""
The test suite of django-background-tasks, held to us: 41 of its 55 tests run as they are.

Those in ``INTERNAL`` are left out, which ask for what only its own tables and processes have; what
people see of it is tested where the table says. The two in ``KEEPS_ITS_ID`` run with one assertion
turned round: there a task that repeats has another id after each run, here it keeps the one that
its caller was given.
"""

import pytest

from scheduler.contrib.background_task.tasks import tasks
from tasks_core import registry
from tests.scheduler.background_task import theirs

LOCKS = "locks a row by hand; claims: tests/tasks_core/test_worker.py"
INTERNAL = {
    "TestTaskRunner.test_get_task_to_run_no_tasks": LOCKS,
    "TestTaskRunner.test_get_task_to_run": LOCKS,
    "TestTaskModel.test_lock_uncontested": LOCKS,
    "TestTaskModel.test_lock_contested": LOCKS,
    "TestTaskModel.test_lock_expired": LOCKS,
    "TestTasks.test_run_next_task_does_not_run_locked": LOCKS,
    "TestTasks.test_run_next_task_unlocks_after_MAX_RUN_TIME": (
        "puts a lock back by hand; test_calls.py::TestSettings::test_max_run_time"
    ),
    "TestTasks.test_failed_at_set_after_MAX_ATTEMPTS": (
        "writes attempts by hand; test_runs.py::TestFailure::test_the_last_attempt_completes_it"
    ),
    "TestTaskModel.test_create_completed_task": (
        "calls what ends a run; test_runs.py::TestSuccess::test_a_completed_task_says_what_it_said"
    ),
    "LoggingTestCase.test_success_logging": "replaces a logger; tests/tasks_core/test_worker.py",
    "LoggingTestCase.test_error_logging": "replaces a logger; tests/tasks_core/test_worker.py",
    "DatabaseOutageTestCase.test_dropped_db_connection": "replaces a logger; tests/faults",
}
REPEATS = "RepetitionTestCase"
KEEPS_ITS_ID = {f"{REPEATS}.test_repeat", f"{REPEATS}.test_repetition_in_future"}

MODULE = theirs.suite()


@pytest.fixture(scope="module", autouse=True)
def forget_its_tasks():
    declared, known = dict(registry._declared), dict(tasks._tasks)
    # One of its tests declares it, and others rely on that; here they may run in two processes.
    tasks.background(name="mytask")(MODULE.empty_task)
    yield
    for now, before in ((registry._declared, declared), (tasks._tasks, known)):
        now.clear()
        now.update(before)
    registry._found.clear()


def _held_to(case):
    left_out = [name.split(".")[1] for name in INTERNAL if name.startswith(f"{case.__name__}.")]
    changed = dict.fromkeys(left_out)
    if case.__name__ == REPEATS:
        changed["assertNotEqual"] = case.assertEqual
    return type(case.__name__, (case,), changed)


globals().update({name: _held_to(case) for name, case in theirs.cases(MODULE).items()})


def test_what_is_left_out_is_there():
    assert set(INTERNAL) - theirs.tests(MODULE) == set()


def test_as_many_run_as_they_are_as_the_guide_says():
    every = theirs.tests(MODULE)
    turned_round = {name for name in every if name.startswith(f"{REPEATS}.")}

    assert turned_round == KEEPS_ITS_ID
    assert len(every - set(INTERNAL) - turned_round) == 41
    assert len(every) == 55


def test_what_is_not_left_out_runs():
    running = {
        f"{name}.{test}"
        for name, case in globals().items()
        if isinstance(case, type) and name in theirs.cases(MODULE)
        for test in dir(case)
        if test.startswith("test") and getattr(case, test) is not None
    }

    assert running | set(INTERNAL) == theirs.tests(MODULE)


def test_only_ids_are_compared_for_being_others():
    source = theirs.source().split(f"class {REPEATS}")[1].split("\nclass ")[0]
    compared = [line.strip() for line in source.splitlines() if "assertNotEqual" in line]

    assert set(compared) == {"self.assertNotEqual(new_task.id, old_task.id)"}
