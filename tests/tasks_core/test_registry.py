"""Which names may run: what comes from a store is looked up, never just imported."""

import site
import sys
from functools import partial
from types import ModuleType

import pytest
from django.test.utils import _TestState

from tasks_core import background, registry
from tasks_core.exceptions import InvalidCall, UnknownTask
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import own_functions
from tests.app import tasks
from tests.tasks_core.rows import fresh, make_job

FORBIDDEN = [
    "os.system",
    "subprocess.run",
    "builtins.eval",
    "shutil.rmtree",
    "django.core.management.call_command",
    "django.contrib.auth.models.User",
    "django.contrib.auth.get_user_model",
    "asgiref.sync.async_to_sync",
    "tests.app.migrations.0001_initial.Migration",
    "tests.app.migrations.helper.anything",
    "tests.app.management.commands.anything.run",
    "tests.app.tests.anything",
    "tests.app.tests.deep.anything",
    "tests.app.models.Effect",
    "tests.app.models.Effect.objects.all",
    "tests.app.models.models",
    "tests.app.tasks.task",
    "tests.app.tasks.Event",
    "tests.app.tasks.sync_to_async",
    "tests.app.tasks.sys",
    "tests.app.tasks.sys.exit",
    "tests.app.tasks.__builtins__",
    "tests.app.tasks.missing",
    "tests.app.missing.anything",
    "tests.app.tasks.leave_effect.__globals__",
    "tests.app..tasks.nothing",
    ".tests.app.tasks.nothing",
    "tests.app.tasks.",
    "tests/app/tasks.nothing",
    "tests.apple.tasks.nothing",
    "nothing",
    "",
    "é.\u202e.x",
    "tasks_core.testing.own_functions.allow_own_functions",
    "tasks_core.testing.anything",
    "tasks_core.testing.jobs.remember",
    "scheduler.testing.anything",
    "scheduler.testing.simulation.simulate",
    "tests.app.testing.anything",
    "tasks_core.clock.sleep",
    "tasks_core.management.commands.run_worker.Command",
]


@pytest.fixture
def only_installed_apps(monkeypatch):
    """As in a worker: a test suite's own functions are not allowed there."""
    monkeypatch.setattr(registry, "extra_rules", [])


@pytest.fixture
def no_grace(settings):
    """Fail what is unknown at once, as if every deploy had ended long ago."""
    settings.TASKS_CORE = {"UNKNOWN_TASK_GRACE": 0}


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.usefixtures("only_installed_apps")
def test_a_stored_name_that_is_no_task_is_refused(name):
    with pytest.raises(UnknownTask):
        registry.resolve(name)


@pytest.mark.parametrize("name", ["tests.app.tests.deep.run", "antigravity.fly", "this.s"])
@pytest.mark.usefixtures("only_installed_apps")
def test_nothing_is_imported_for_it(name):
    before = set(sys.modules)

    with pytest.raises(UnknownTask):
        registry.resolve(name)

    assert set(sys.modules) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["os.system", "tests.app.models.Effect", "tests.app.gone.task"])
@pytest.mark.usefixtures("only_installed_apps", "no_grace")
def test_such_a_job_fails_readably_and_the_next_one_runs(name, drain_jobs):
    bad = make_job(task=name, args=["touch /tmp/owned"], priority=9)
    good = make_job(task="tests.app.tasks.nothing")

    drain_jobs()

    assert (fresh(bad).state, fresh(bad).reason) == (JobState.FAILED, "unknown task")
    assert name in fresh(bad).errors[0]["message"]
    assert fresh(good).state == JobState.SUCCESSFUL


@pytest.mark.usefixtures("only_installed_apps")
def test_a_function_of_an_installed_app_is_found():
    assert registry.resolve("tests.app.tasks.nothing").func is tasks.nothing


@pytest.mark.usefixtures("only_installed_apps")
def test_a_declared_task_is_found_with_its_options():
    assert registry.resolve("tests.app.tasks.explode_once") is tasks.explode_once


@pytest.mark.usefixtures("only_installed_apps")
def test_a_module_may_be_allowed(settings):
    name = f"{__name__}.outside"
    with pytest.raises(UnknownTask):
        registry.resolve(name)

    settings.TASKS_CORE = {"ALLOWED_MODULES": [__name__]}

    assert registry.resolve(name).func is outside


@pytest.mark.usefixtures("only_installed_apps")
def test_to_allow_a_module_allows_none_that_begins_like_it(settings):
    settings.TASKS_CORE = {"ALLOWED_MODULES": ["os.pa"]}

    with pytest.raises(UnknownTask):
        registry.resolve("os.path.exists")


def outside():
    """Lives in a module of no installed app."""


def test_a_test_suites_own_functions_may_run_while_it_runs():
    assert registry.resolve(f"{__name__}.outside").func is outside


@pytest.mark.parametrize("name", ["json.dumps", "pytest.fail", "asgiref.sync.async_to_sync"])
def test_but_nobody_elses(name):
    with pytest.raises(UnknownTask):
        registry.resolve(name)


@pytest.mark.parametrize(
    "file",
    [
        "/usr/lib/python3/dist-packages/foreign.py",
        "/usr/local/lib/python3.11/dist-packages/foreign.py",
        "/elsewhere/site-packages/foreign.py",
        f"{sys.base_prefix}/lib/foreign.py",
        f"{site.getusersitepackages()}/foreign.py",
    ],
)
def test_nor_what_the_system_has_installed(file, monkeypatch):
    foreign = ModuleType("foreign")
    foreign.__file__ = file
    monkeypatch.setitem(sys.modules, "foreign", foreign)

    with pytest.raises(UnknownTask):
        registry.resolve("foreign.run")


@pytest.mark.django_db(transaction=True)
def test_a_stored_name_cannot_make_a_worker_a_test_suite(run_worker):
    for priority, name in enumerate(["tests.services.folder", "tasks_core.testing.anything"]):
        make_job(task=name, priority=priority)

    assert run_worker("--once", UNKNOWN_TASK_GRACE=0).wait() == 1

    assert set(Job.objects.values_list("reason", flat=True)) == {"unknown task"}


@pytest.mark.django_db(transaction=True)
def test_to_import_the_test_kit_into_a_worker_opens_nothing(manage_process):
    make_job(task="tests.services.folder")

    # A simulated clock is of the kit.
    settings = {"TASKS_CORE": {"UNKNOWN_TASK_GRACE": 0}}
    clock = "2026-11-21T12:00:00Z 1"
    assert manage_process("run_worker", "--once", settings=settings, clock=clock).wait() == 1

    assert Job.objects.get().reason == "unknown task"


def test_djangos_runner_needs_no_extra_step(monkeypatch):
    monkeypatch.setattr(registry, "extra_rules", [])
    own_functions.allow_own_functions_of_suites()

    assert registry.resolve(f"{__name__}.outside").func is outside

    monkeypatch.delattr(_TestState, "saved_data")
    with pytest.raises(UnknownTask):
        registry.resolve(f"{__name__}.outside")


class Holder:
    def method(self):
        pass


@pytest.mark.parametrize(
    ("func", "words"),
    [
        (lambda: None, "not at the top of a module"),
        (partial(outside), "a partial"),
        (Holder().method, "a bound method"),
        (Holder.method, "not at the top of a module"),
        (Holder, "a type"),
        (len, "a builtin_function_or_method"),
        (7, "an int"),
        (None, "a NoneType"),
        ("no.such.path", "cannot be imported"),
        ("tests.app.tasks.__doc__", "names text"),
        ("os.system", "a builtin_function_or_method"),
        ("json.dumps", "not part of an installed app"),
        ("django.core.management.call_command", "not part of an installed app"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_a_worker_could_not_find_is_refused_at_the_call(func, words):
    with pytest.raises(InvalidCall) as caught:
        background.enqueue(func)

    assert words in str(caught.value)


def test_a_function_of_main_is_refused(monkeypatch):
    def run():
        pass

    run.__qualname__, run.__module__ = "run", "__main__"

    with pytest.raises(InvalidCall, match="__main__"):
        background.enqueue(run)


@pytest.mark.django_db
def test_what_is_refused_stores_nothing():
    with pytest.raises(InvalidCall):
        background.enqueue(len)

    assert not Job.objects.exists()
