"""A site with the API, and people who call it."""

import pytest
from django.core.cache import caches

from tasks_core import registry
from tests.tasks_core.http import site, tasks
from tests.tasks_core.http.callers import Caller, person

# Known while these tests run only: others look at every task that there is.
TASKS = {
    name: registry._declared.pop(name)
    for name in list(registry.declared())
    if name.startswith(tasks.__name__)
}


@pytest.fixture(autouse=True)
def api_site(settings, monkeypatch):
    monkeypatch.setattr(registry, "_declared", {**registry.declared(), **TASKS})
    settings.ROOT_URLCONF = site.__name__
    settings.JOBS = {name: settings.JOBS[name] for name in ("default", "immediate", "dummy")}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    caches["default"].clear()
    yield
    caches["default"].clear()


@pytest.fixture
def ada(db) -> Caller:
    """Ada may do everything."""
    return Caller(person("ada", is_superuser=True))


@pytest.fixture
def eve(db) -> Caller:
    """Eve may add jobs, and nothing else."""
    return Caller(person("eve", "tasks_core.add_job"))


@pytest.fixture
def stranger(db) -> Caller:
    return Caller()
