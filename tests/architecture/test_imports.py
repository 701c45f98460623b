"""Imports go one way, and each library has one home."""

import sys

import pytest

from tests.architecture.source import PACKAGE_SOURCES, Source, sources

ABOVE = {
    "tasks_core": ("scheduler", "example_site", "tests"),
    "scheduler": ("example_site", "tests"),
}
HOMES = {
    "croniter": ["scheduler/cron.py"],
    "apscheduler": [
        "scheduler/timer/croniter.py",  # our cron rules for people who use it themselves
        "scheduler/timer/loop.py",
        "scheduler/timer/values.py",
    ],
    # optional: jobs as messages of a Celery app
    "celery": [
        "tasks_core/backends/celery/connecting.py",
        "tasks_core/backends/celery/records.py",
        "tasks_core/backends/celery/task.py",
    ],
    "kombu": [  # comes with it
        "tasks_core/backends/celery/connecting.py",
        "tasks_core/backends/celery/publishing.py",
    ],
    "django.tasks": ["tasks_core/compat.py"],  # came with Django 6.0
    "django_tasks": ["tasks_core/compat.py"],  # its backport
    "cron_descriptor": ["scheduler/due/descriptions.py"],  # optional: cron in words
    # optional: loaded by pytest itself
    "pytest": ["tasks_core/testing/plugin.py", "scheduler/testing/plugin.py"],
    "rich": ["tasks_core/management/jobs/bar.py"],  # optional: bars on a terminal
    "redis": ["tasks_core/backends/redis/wire.py"],
    "wagtail": ["tasks_core/contrib/wagtail/hooks.py"],  # optional: whose hooks a job follows
    # optional: the API
    "rest_framework": [
        "tasks_core/http/door.py",
        "tasks_core/http/mounting.py",
        "tasks_core/http/problems.py",
        "tasks_core/http/rates.py",
        "tasks_core/http/reading.py",
        "tasks_core/http/tokens.py",
    ],
    "pydantic": [
        "tasks_core/http/annotations.py",
        "tasks_core/http/binding.py",
        "tasks_core/http/closing.py",
        "tasks_core/http/document.py",
        "tasks_core/http/kinds.py",
        "tasks_core/http/mounting.py",
        "tasks_core/http/reading.py",
        "tasks_core/http/shapes.py",
        "tasks_core/http/signatures.py",
        "tasks_core/http/wrongs.py",
    ],
    "pydantic_core": ["tasks_core/http/kinds.py"],  # its kinds of errors
    "knox": ["tasks_core/http/tokens.py"],
    "environ": ["example_site/config/settings.py"],
}
# What a package may import anywhere, beside the standard library and itself.
NEEDED = {
    "tasks_core": {"django", "asgiref"},  # asgiref comes with Django
    "scheduler": {"django", "asgiref", "tasks_core"},
}
EVERYTHING = [*PACKAGE_SOURCES, *sources("example_site")]


def upward(source: Source) -> list[str]:
    """Return the imports of packages that stand above this file's own."""
    package = source.path.split("/")[0]
    return [name for name in ABOVE.get(package, ()) if source.imports(name)]


def homes_of(library: str, files: list[Source]) -> list[str]:
    return [source.path for source in files if source.imports(library)]


def foreign(source: Source) -> set[str]:
    """Return the libraries that a file imports although they live elsewhere, or nowhere."""
    package = source.path.split("/")[0]
    roots = {name.split(".")[0] for name in source.modules}
    at_home = {library for library, home in HOMES.items() if source.path in home}
    return roots - sys.stdlib_module_names - NEEDED[package] - at_home - {package}


@pytest.mark.parametrize("source", PACKAGE_SOURCES, ids=lambda source: source.path)
def test_imports_go_one_way(source):
    assert upward(source) == []


@pytest.mark.parametrize(
    "text",
    [
        "import scheduler",
        "from scheduler.models import Schedule",
        "def late():\n    import scheduler.cron",
        "from ...scheduler import cron",
    ],
)
def test_an_import_upwards_is_noticed(text):
    assert upward(Source("tasks_core/backends/guilty.py", text)) == ["scheduler"]


def test_a_word_that_only_begins_like_a_package_is_no_import_of_it():
    assert upward(Source("tasks_core/innocent.py", "import schedulers")) == []


@pytest.mark.parametrize(("library", "home"), HOMES.items())
def test_a_library_has_one_home(library, home):
    assert homes_of(library, EVERYTHING) == home


def test_a_second_home_is_noticed():
    guilty = Source("scheduler/guilty.py", "from croniter import croniter")

    assert homes_of("croniter", [guilty]) == ["scheduler/guilty.py"]


@pytest.mark.parametrize("source", PACKAGE_SOURCES, ids=lambda source: source.path)
def test_a_package_needs_only_what_it_declares(source):
    assert foreign(source) == set()


def test_an_undeclared_library_is_noticed():
    assert foreign(Source("tasks_core/guilty.py", "import requests, json")) == {"requests"}
    assert foreign(Source("scheduler/guilty.py", "import croniter")) == {"croniter"}
    assert foreign(Source("scheduler/cron.py", "import croniter")) == set()
