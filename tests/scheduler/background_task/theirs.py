"""The test suite of django-background-tasks, imported with our modules under its names."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from unittest import TestCase, mock

OURS = "scheduler.contrib.background_task"
MODULES = ("exceptions", "models", "settings", "signals", "tasks")
SUITE = "background_task.tests.test_tasks"


def suite() -> ModuleType:
    """Return its test module, whose imports of ``background_task`` were answered by us."""
    spec = spec_from_file_location(SUITE, _path())
    module = module_from_spec(spec)
    with _renamed():
        spec.loader.exec_module(module)
    return module


def source() -> str:
    return _path().read_text()


def _path() -> Path:
    found = distribution("django-background-tasks").locate_file(f"{SUITE.replace('.', '/')}.py")
    return Path(str(found))


def cases(module: ModuleType) -> dict[str, type[TestCase]]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, TestCase) and value.__module__ == SUITE
    }


def tests(module: ModuleType) -> set[str]:
    """Return the names of all its tests: "TestTaskProxy.test_run_task"."""
    return {
        f"{name}.{test}"
        for name, case in cases(module).items()
        for test in vars(case)
        if test.startswith("test")
    }


@contextmanager
def _renamed() -> Iterator[None]:
    names = {f"background_task.{name}": import_module(f"{OURS}.{name}") for name in MODULES}
    # It uses the backport of unittest.mock, from the days of Python 2.
    standing_in = {**names, "background_task": import_module(OURS), "mock": mock}
    with mock.patch.dict(sys.modules, standing_in):
        yield
