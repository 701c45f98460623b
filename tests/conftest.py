"""Fixtures of the whole suite, and which tests run on which database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from tests import joined
from tests.child import Child

VENDORS = {"sqlite": "sqlite", "postgres": "postgresql", "mysql": "mysql"}
# They use a database, and which it is says nothing about what they are of.
ELSEWHERE = (
    "tests/tasks_core/redis/",
    "tests/tasks_core/test_redis_",
    "tests/tasks_core/celery/",
    "tests/tasks_core/test_tasks_",
    "tests/scheduler/importing/",
    *(
        f"tests/tasks_core/http/test_{name}.py"
        for name in ("admission", "calls", "checks", "fuzz", "problems", "redis", "signatures")
    ),
    *(
        f"tests/tasks_core/test_conformance.py::{name}"
        for name in ("Redis", "Celery", "TasksAlias", "TasksDummy", "TasksDB")
    ),
    "tests/faults/test_redis_",
    "tests/faults/test_moves.py",
)
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences"}

# A machine that does other work as well is slow now and then; that is no failure.
hypothesis_settings.register_profile("tests", deadline=None)
hypothesis_settings.load_profile("tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other databases, and on all but SQLite those that use none."""
    asked = os.environ["TEST_DB"]
    wanted = [item for item in items if _belongs(item, asked)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(wanted)])
    items[:] = wanted


def _belongs(item: pytest.Item, asked: str) -> bool:
    if only := item.get_closest_marker("vendor"):
        return VENDORS[asked] in only.args
    if item.nodeid.startswith(ELSEWHERE):
        return asked == "sqlite"
    return asked == "sqlite" or _uses_database(item)


def _uses_database(item: pytest.Item) -> bool:
    return bool(
        item.get_closest_marker("django_db")
        or item.get_closest_marker("every_database")
        or DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """Return the environment in which a process works on this test's databases."""
    return of_child()


def of_child() -> dict[str, str]:
    """Return the same, for what lives longer than one test."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONUNBUFFERED": "1",
        "TEST_DATABASE_NAME": str(connections["default"].settings_dict["NAME"]),
        "TEST_QUEUE_DATABASE_NAME": str(connections["queue"].settings_dict["NAME"]),
    }


@pytest.fixture
def manage_process(
    child_environment: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Child]]:
    """
    Start a management command in its own process: ``manage_process("run_worker", "--once")``.
    Another ``module`` that is a program may stand for ``django``.

    ``settings`` replaces settings there, ``clock="2026-01-01T00:00:00Z 100"`` simulates time,
    ``environment`` adds variables. Whatever still runs at the end of the test is killed.
    """
    children: list[Child] = []

    def start(
        *arguments: str,
        settings: dict[str, Any] | None = None,
        clock: str | None = None,
        environment: dict[str, str] | None = None,
        module: str = "django",
    ) -> Child:
        variables = child_environment | (environment or {})
        if settings is not None:
            inherited = json.loads(variables.get("TEST_EXTRA_SETTINGS", "{}"))
            variables["TEST_EXTRA_SETTINGS"] = json.dumps(inherited | settings, default=str)
        if clock is not None:
            variables["TEST_CLOCK"] = clock
        log = tmp_path / f"child-{len(children)}.log"
        children.append(Child(list(arguments), environment=variables, log=log, module=module))
        return children[-1]

    yield start
    for child in children:
        child.end()
        print(child.output)  # noqa: T201  (pytest shows it when the test has failed)


@pytest.fixture
def tasks_setting(settings: Any) -> None:
    """Set TASKS, in which our queues stand beside Django's own backends."""
    settings.TASKS = joined.TASKS


@pytest.fixture
def tasks_db(transactional_db: None) -> Iterator[Any]:
    """Return the model of django-tasks-db, which is "db" of TASKS and JOBS meanwhile."""
    pytest.importorskip("tasks_core.compat", exc_type=ImportError)
    with joined.tasks_db() as model:
        yield model


@pytest.fixture
def db_worker(manage_process: Callable[..., Child], tasks_db: Any) -> Callable[[], str]:
    """Let the worker of django-tasks-db run all that is due, in a process of its own."""

    def run() -> str:
        changed = {
            "INSTALLED_APPS": settings.INSTALLED_APPS,
            "TASKS": {name: settings.TASKS[name] for name in ("default", "jobs", "db")},
            "JOBS": {name: settings.JOBS[name] for name in ("default", "db")},
        }
        options = ("--batch", "--no-startup-delay", "--queue-name", "*", "--backend", "db")
        worker = manage_process("db_worker", *options, settings=changed)
        assert worker.wait() == 0, worker.output
        return worker.output

    return run
