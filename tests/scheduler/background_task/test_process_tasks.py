"""``process_tasks`` in a project in which nothing but imports and settings was changed."""

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command

from scheduler.contrib.background_task.management.commands.process_tasks import Command
from scheduler.contrib.background_task.streams import NAME, LogLines
from tests.child import ROOT, Child
from tests.tasks_core.races import together

pytestmark = pytest.mark.vendor("sqlite")

SETTINGS = """
SECRET_KEY = "legacy"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth",
    "tasks_core", "scheduler", "scheduler.contrib.background_task", "legacy_shop",
]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": %r,
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"},
}}
JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MAX_ATTEMPTS = 1
BACKGROUND_TASK_RUN_ASYNC = True
BACKGROUND_TASK_ASYNC_THREADS = 2
"""
TASKS = """
from itertools import count
from scheduler.contrib.background_task import background

ticks, tries = count(1), count(1)

@background(schedule=1)
def notify(name):
    print("notified", name)

@background
def tick():
    print("ticked", next(ticks))

@background
def fail_once():
    print("failed for good")
    raise RuntimeError

@background(repeat_on_failure=True)
def fail():
    print("tried", next(tries))
    raise RuntimeError
"""
CALLS = """
import django
django.setup()
from django.core.management import call_command
from legacy_shop.tasks import fail, fail_once, notify, tick
call_command("migrate", verbosity=0)
notify("ada")
notify("bob", schedule=3600)
tick(repeat=1)
fail_once(repeat=1)
fail(repeat=1)
"""


@pytest.fixture
def legacy(tmp_path):
    """Make the project, call its tasks, and return what starts a command of it."""
    (tmp_path / "legacy_shop").mkdir()
    (tmp_path / "legacy_shop" / "__init__.py").touch()
    (tmp_path / "legacy_shop" / "tasks.py").write_text(TASKS)
    (tmp_path / "legacy_settings.py").write_text(SETTINGS % str(tmp_path / "db.sqlite3"))
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = os.environ | {
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": "legacy_settings",
        "PYTHONUNBUFFERED": "1",
    }
    subprocess.run([sys.executable, "-c", CALLS], env=environment, cwd=ROOT, check=True)
    child = Child(
        ["process_tasks", "--sleep", "0.2", "--log-std"],
        environment=environment,
        log=tmp_path / "log",
    )
    yield child
    child.end()


def test_a_project_of_old_goes_on(legacy, tmp_path):
    for line in ("notified ada", "ticked 3", "tried 3"):
        legacy.wait_for(line)

    assert legacy.stop() == 0
    assert legacy.output.count("failed for good") == 1
    assert "notified bob" not in legacy.output
    assert "INFO    notified ada" in legacy.output  # a line of the log
    assert "concurrency  2" in legacy.output
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        waiting = database.execute("SELECT args FROM tasks_core_job WHERE state = 'scheduled'")
        assert waiting.fetchall() == [('["bob"]',)]


class TestArguments:
    @pytest.fixture
    def worked(self, monkeypatch):
        """Return the workers that would have been run, instead of running them."""
        seen = []

        def work(self, **options):
            seen.append((self.build(**options), options))

        monkeypatch.setattr(Command, "work", work)
        return seen

    def test_as_they_were(self, worked):
        call_command("process_tasks")

        [(worker, options)] = worked
        assert (worker.queues, worker.slots.size, options["duration"]) == (None, 1, None)
        assert options["with_scheduler"]
        assert worker.lookout.wake_up.poll == 5.0

    def test_each_of_them(self, worked, settings):
        settings.BACKGROUND_TASK_RUN_ASYNC = True
        settings.BACKGROUND_TASK_ASYNC_THREADS = 3

        call_command("process_tasks", queue="legacy_mail", duration=300, sleep=0.5)

        [(worker, options)] = worked
        assert (worker.queues, worker.slots.size, options["duration"]) == (["legacy_mail"], 3, 300)
        assert worker.lookout.wake_up.poll == 0.5

    def test_a_backend_without_rows_is_refused(self, settings):
        settings.BACKGROUND_TASK_BACKEND = "immediate"

        with pytest.raises(CommandError, match="cannot be served"):
            call_command("process_tasks", skip_checks=True)

    def test_help_is_worth_reading(self):
        told = Command().create_parser("manage.py", "process_tasks").format_help()

        for word in ("--duration", "--sleep", "--queue", "--log-std", "--dev", "TERM, INT"):
            assert word in told


class TestLogStd:
    def test_each_line_that_is_printed_is_logged(self, caplog):
        stream = LogLines(logging.INFO)

        with caplog.at_level(logging.INFO, logger=NAME):
            print("one\ntwo", "and", file=stream)
            print("three", end="", file=stream)
            stream.flush()

        assert caplog.messages == ["one", "two and", "three"]

    def test_tasks_that_print_at_once_lose_no_line(self, caplog):
        caplog.set_level(logging.INFO)
        stream = LogLines(logging.INFO)

        def task(number):
            for line in range(200):
                print("task", number, "line", line, file=stream)

        together(4, task)

        said = {f"task {number} line {line}" for number in range(4) for line in range(200)}
        assert sorted(caplog.messages) == sorted(said)

    def test_a_log_that_is_written_there_ends(self):
        stream = LogLines(logging.ERROR)
        listener = logging.StreamHandler(stream)
        logger = logging.getLogger(NAME)
        logger.addHandler(listener)

        print("once", file=stream)

        logger.removeHandler(listener)
