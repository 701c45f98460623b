"""The test kit in pytest: a fixture that is there when asked for, and otherwise costs nothing."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from scheduler.testing import schedules as of_unittest
from tests.app.tasks import nothing

TEA = {"tea": {"task": nothing, "cron": "0 9 * * *"}}

LIGHT = """
import sys
import scheduler.testing.plugin
from django.apps import apps
from django.conf import settings
assert not settings.configured and not apps.ready
assert [name for name in sys.modules if name.endswith(".models") and "django" not in name] == []
"""
PROJECT = """
SECRET_KEY = "without schedules"
INSTALLED_APPS = ["django.contrib.contenttypes", "tasks_core"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
"""
TESTS = """
def test_without_a_database(): ...

def test_with_the_fixture(schedules):
    with schedules.travel("2026-10-25"): ...
"""


def python(*arguments, folder):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=clean | {"DJANGO_SETTINGS_MODULE": "bare", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_loading_it_imports_no_models_and_asks_for_no_settings(tmp_path):
    assert python("-c", LIGHT, folder=tmp_path) == (0, "")


def test_a_project_without_schedules_is_left_alone_and_told_so_if_it_asks(tmp_path):
    (tmp_path / "bare.py").write_text(PROJECT)
    (tmp_path / "test_bare.py").write_text(TESTS)
    _, told = python("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)

    assert "1 failed, 1 passed" in told
    assert 'Schedules need the app: INSTALLED_APPS += ["scheduler"].' in told


def test_the_fixture_brings_the_database(schedules):
    with schedules.travel("2026-03-10T08:00", only=TEA) as clock:
        clock.to("09:00")

        schedules.assert_due("tea", "09:00")
        with pytest.raises(RuntimeError, match="No journey"):
            of_unittest.due_times("tea")  # each test has its own


@pytest.mark.django_db(transaction=True)
def test_a_mark_decides_how(schedules):
    with schedules.travel("2026-03-10T08:00", only=TEA, schedulers=2, threads=True) as clock:
        clock.to("09:00")

        schedules.assert_due("tea", "09:00")


def test_without_the_app_there_is_a_sentence():
    apps = ["django.contrib.contenttypes", "tasks_core"]
    with (
        override_settings(INSTALLED_APPS=apps),
        pytest.raises(ImproperlyConfigured, match="Schedules need the app"),
        of_unittest.travel("2026-03-10"),
    ):
        pass
