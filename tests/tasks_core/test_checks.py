"""What ``manage.py check`` says: each id once here, with its cure."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import connection, connections
from django.test import override_settings

from tasks_core import registry
from tasks_core.checks.database import check_database
from tasks_core.checks.server import check_isolation
from tasks_core.definition import Task
from tests.app.tasks import nothing

DATABASE = "tasks_core.backends.database.DatabaseBackend"
IMMEDIATE = "tasks_core.backends.immediate.ImmediateBackend"


def messages():
    return {message.id: message for message in run_checks(tags=["jobs"])}


def test_the_test_project_is_sound():
    assert messages() == {}


@pytest.mark.parametrize(
    ("changed", "check_id", "words", "cure"),
    [
        ({"JOBS": None}, None, "", ""),
        ({"JOBS": "dummy"}, "E001", "JOBS must be a dict, not str", "DatabaseBackend"),
        ({"JOBS": {"BACKEND": "no.such.Thing"}}, "E001", "no", "dotted path"),
        (
            {"JOBS": {"BACKEND": DATABASE, "OPTIONS": {"database": "gone"}}},
            "E002",
            "no alias 'gone'",
            "Known: default, queue",
        ),
        (
            {"JOBS": {"BACKEND": DATABASE, "OPTIONS": {"databse": "queue"}}},
            "E003",
            "unknown OPTIONS databse",
            "database",
        ),
        (
            {"JOBS": {"BACKEND": IMMEDIATE, "OPTIONS": {"rise": True}}},
            "E003",
            "unknown OPTIONS rise",
            "raise",
        ),
        ({"TASKS_CORE": {"LEESE": 5}}, "E004", "Did you mean 'LEASE'", "settings"),
        ({"TASKS_CORE": {"LEASE": "60"}}, "E004", "TASKS_CORE['LEASE'] must be", "default is"),
        ({"TASKS_CORE": {"CONCURRENCY": 1.5}}, "E004", "must be", "default is 4"),
        ({"TASKS_CORE": None}, None, "", ""),
        ({"TASKS_CORE": "LEASE"}, "E004", "must be a dict, not str", "settings"),
        ({"TASKS_CORE": {"CONCURRENCY": 0}}, "E004", "int of at least 1", "default is 4"),
        ({"TASKS_CORE": {"MAX_ATTEMPTS": 0}}, "E004", "int of at least 1", "default is 5"),
        ({"TASKS_CORE": {"LEASE": 0.5}}, "E004", "at least 1 s", "default is 60 s"),
        ({"TASKS_CORE": {"POLL": 0}}, "E004", "at least 0.001 s", "default is"),
        ({"TASKS_CORE": {"GRACE": -1}}, "E004", "at least 0 s", "seconds, or a timedelta"),
        ({"TASKS_CORE": {"GRACE": float("nan")}}, "E004", "at least 0 s", "default is"),
        ({"TASKS_CORE": {"ALLOWED_MODULES": "shop"}}, "E004", "a list of names", "Write"),
        ({"TASKS_CORE": {"ALLOWED_MODULES": ("shop",)}}, None, "", ""),
        ({"TASKS_CORE": {"COMMANDS": "clearsessions"}}, "E004", "a list of names", "clearsessions"),
        ({"JOBS": {"BACKEND": IMMEDIATE, "OPTIONS": None}}, None, "", ""),
        ({"JOBS": {"BACKEND": DATABASE, "OPTIONS": None}}, None, "", ""),
        ({"JOBS": {"BACKEND": DATABASE, "OPTIONS": "queue"}}, "E001", "must be a dict", "dotted"),
        (
            {"JOBS": {"BACKEND": DATABASE, "OPTION": {"database": "queue"}}},
            "E008",
            "has no key 'OPTION'",
            "Did you mean 'OPTIONS'?",
        ),
        ({"USE_TZ": False}, "E005", "USE_TZ is False", "USE_TZ = True"),
        ({"JOBS": {"other": {"BACKEND": IMMEDIATE}}}, "W001", 'no backend "default"', "default"),
    ],
)
def test_a_wrong_setting_is_found_with_its_cure(changed, check_id, words, cure):
    with override_settings(**changed):
        found = messages()

    assert list(found) == ([f"tasks_core.{check_id}"] if check_id else [])
    for message in found.values():
        assert words in message.msg
        assert cure in message.hint


def test_every_mistake_is_told():
    with override_settings(TASKS_CORE={"LEESE": 5, "POLL": 0, "GRAZE": 1, "GRACE": -1}):
        found = [each.msg for each in run_checks(tags=["jobs"])]

    assert [text.split("'")[1] for text in found] == ["LEESE", "GRAZE", "POLL", "GRACE"]


@pytest.mark.parametrize("lease", [timedelta(seconds=30), 30, 1.5])
def test_a_duration_may_be_given_in_seconds(lease):
    with override_settings(TASKS_CORE={"LEASE": lease}):
        assert messages() == {}


@pytest.fixture
def declared(monkeypatch):
    """Declare tasks, and no others, for as long as a test lasts."""
    monkeypatch.setattr(registry, "_declared", {})

    def declare(*names, backend):
        for name in names:
            registry.declare(Task(nothing, name, backend=backend))

    return declare


def test_a_task_whose_backend_there_is_not_is_told(declared):
    declared("shop.tasks.sell", "shop.tasks.buy", "shop.tests.try_it", backend="que")
    declared("shop.tasks.test_it", backend="nowhere")
    declared("shop.tasks.look", backend="queue")

    found = [each for each in run_checks(tags=["jobs"]) if each.id == "tasks_core.E014"]

    assert [each.msg for each in found] == [
        "JOBS has no backend 'que', which @task on shop.tasks.sell, shop.tasks.buy names.",
        "JOBS has no backend 'nowhere', which @task on shop.tasks.test_it names.",
    ]
    assert "Did you mean 'queue'?" in found[0].hint


def test_a_missing_default_is_no_matter_of_each_task(declared, settings):
    settings.JOBS = {"other": {"BACKEND": IMMEDIATE}}
    declared("shop.tasks.sell", backend="default")

    assert set(messages()) == {"tasks_core.W001"}


def test_a_command_that_there_is_not_is_told(settings):
    settings.TASKS_CORE = {"COMMANDS": ["clearsesions", "clearsessions", "run_worker"]}

    assert set(messages()) == {"tasks_core.W005"}
    message = messages()["tasks_core.W005"]
    assert "names 'clearsesions', and manage.py has no such command" in message.msg
    assert message.hint == "Did you mean 'clearsessions'?"


def without_the_scheduler(apps):
    return [app for app in apps if app.split(".")[0] != "scheduler"]


def test_a_schedule_without_its_app_is_told(settings):
    settings.INSTALLED_APPS = without_the_scheduler(settings.INSTALLED_APPS)
    settings.SCHEDULE = {"tea": {}}

    assert '"scheduler" to INSTALLED_APPS' in messages()["tasks_core.W002"].hint


@pytest.mark.vendor("sqlite")
def test_a_module_of_tasks_that_exits_is_told(settings, tmp_path, manage_process):
    (tmp_path / "leaving").mkdir()
    (tmp_path / "leaving" / "__init__.py").touch()
    (tmp_path / "leaving" / "tasks.py").write_text("import sys\n\nsys.exit(0)\n")

    child = manage_process(
        "check",
        settings={"INSTALLED_APPS": [*settings.INSTALLED_APPS, "leaving"]},
        environment={"PYTHONPATH": str(tmp_path)},
    )

    assert child.wait() == 1
    assert "leaving.tasks calls sys.exit(0) when it is imported" in child.output


@pytest.mark.vendor("sqlite")
@pytest.mark.parametrize("installed", [True, False])
def test_a_foreign_package_of_the_same_name_is_told(settings, tmp_path, manage_process, installed):
    foreign = tmp_path / "scheduler" / "__init__.py"
    foreign.parent.mkdir()
    foreign.touch()
    apps = without_the_scheduler(settings.INSTALLED_APPS) + ["scheduler"] * installed

    child = manage_process(
        "check",
        settings={"INSTALLED_APPS": apps, "SCHEDULE": {"tea": {}}},
        # Not the current folder first, which holds the right one.
        environment={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
    )

    assert child.wait() == 0
    assert f"tasks_core.W003) The package 'scheduler' at {foreign} is not" in child.output


SOUND = {
    "sqlite": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL",
    },
    "postgresql": {},
    "mysql": {"isolation_level": "read committed"},
}


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("vendor", "changed", "check_id"),
    [
        ("sqlite", {}, None),
        ("sqlite", {"transaction_mode": "DEFERRED"}, "E006"),
        ("sqlite", {"transaction_mode": None}, "E006"),
        ("sqlite", {"init_command": ""}, "E006"),
        ("sqlite", {"timeout": 1}, "E006"),
        ("postgresql", {}, None),
        ("postgresql", {"isolation_level": "SERIALIZABLE"}, "E007"),
        ("postgresql", {"isolation_level": "READ_COMMITTED"}, None),
        ("mysql", {}, None),
        ("mysql", {"isolation_level": None}, "W004"),
        ("mysql", {"isolation_level": "repeatable read"}, "W004"),
    ],
)
def test_options_of_a_database_that_lose_or_repeat_jobs(vendor, changed, check_id, monkeypatch):
    connection = connections["default"]
    if connection.vendor != vendor:
        connection = connections["queue"]
    if connection.vendor != vendor:
        return  # said by the run on that database
    options = SOUND[vendor] | changed
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    found = list(check_database(connection.alias))

    assert [message.id for message in found] == ([f"tasks_core.{check_id}"] if check_id else [])
    assert all(message.hint for message in found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql")
def test_a_stricter_server_is_found_out_where_the_database_may_be_asked():
    assert check_isolation(databases=["default"]) == []

    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_isolation = 'serializable'")
    found = check_isolation(databases=["default"])
    connection.close()

    assert [message.id for message in found] == ["tasks_core.E007"]
    assert "SERIALIZABLE" in found[0].msg


@pytest.mark.django_db(transaction=True)
@pytest.mark.every_database
def test_without_a_wish_no_database_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert run_checks(tags=["database"]) == []
