"""Management commands as jobs: only those that a setting names, with what they printed."""

import sys

import pytest
from django.core import management
from django.core.management import BaseCommand, CommandError

from tasks_core import background, conf, registry
from tasks_core.contrib.commands.tail import Tail
from tasks_core.contrib.commands.tasks import run_command
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(settings, monkeypatch):
    """Make a function a command, and run it as a job: ``run(function)`` returns the result."""
    settings.TASKS_CORE = {"COMMANDS": ["ours"]}

    def run(function):
        command = type("Command", (BaseCommand,), {"handle": lambda self, **_: function(self)})()
        monkeypatch.setattr(management, "get_commands", lambda: {"ours": command})
        result = background.enqueue(run_command, ["ours"])
        drain()
        result.refresh()
        return result

    return run


def test_a_command_that_the_setting_names_runs(settings):
    settings.TASKS_CORE = {"COMMANDS": ["diffsettings"]}

    result = background.enqueue(run_command, ["diffsettings", "--output", "unified"])
    drain()

    result.refresh()
    assert "+ ROOT_URLCONF = 'tests.urls'\n" in result.return_value


@pytest.mark.parametrize("name", ["flush", "shell"])
def test_no_other_command_runs(name):
    assert conf.get("COMMANDS") == []

    with pytest.raises(InvalidCall, match=r'Add it to TASKS_CORE\["COMMANDS"\]'):
        run_command(name)


def test_a_command_that_fails_fails_its_job(settings):
    settings.TASKS_CORE = {"COMMANDS": ["check"]}

    with pytest.raises(CommandError, match="nonsense"):
        run_command("check", "--nonsense")


def test_only_the_end_of_what_it_printed_is_kept(settings, monkeypatch):
    settings.TASKS_CORE = {"COMMANDS": ["diffsettings"]}
    whole = run_command("diffsettings")
    monkeypatch.setattr("tasks_core.contrib.commands.tasks.MOST", 10)

    assert run_command("diffsettings") == whole[-10:]


def test_a_command_that_fails_is_not_run_again_unless_that_is_said(settings):
    """As under cron."""
    settings.TASKS_CORE = {"COMMANDS": ["check"]}
    once = background.enqueue(run_command, ["check", "--nonsense"])
    twice = background.enqueue(run_command, ["check", "--nonsense"], max_attempts=2)

    drain()

    job = Job.objects.get(pk=once.id)
    assert (job.state, job.attempts, job.max_attempts) == (JobState.FAILED, 1, 1)
    assert Job.objects.get(pk=twice.id).max_attempts == 2


def test_what_comes_before_the_end_is_forgotten_while_it_prints():
    tail = Tail(10)

    for number in range(1000):
        print(number, file=tail)
        assert len(tail.text) <= 10

    assert tail.text == "7\n998\n999\n"[-10:]
    assert tail.write("x" * 50) == 50
    assert tail.text == "x" * 10


@pytest.mark.parametrize(("text", "kept"), [("a\0b", r"a\x00b"), ("file \udcff", r"file \udcff")])
def test_what_no_database_takes_is_kept_as_it_is_written(run, text, kept):
    result = run(lambda command: command.stdout.write(text))

    assert result.return_value == f"{kept}\n"


@pytest.mark.parametrize("code", [(), (None,), (0,)])
def test_to_exit_without_an_error_is_no_failure(run, code):
    def work(command):
        command.stdout.write("done")
        sys.exit(*code)

    assert run(work).return_value == "done\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (3, "ours exited with status 3."),
        (-1, "ours exited with status -1."),
        ("no disk", "ours exited: no disk"),
    ],
)
def test_to_exit_with_another_status_is_one(run, code, told):
    result = run(lambda command: sys.exit(code))

    [error] = result.errors
    assert (result.status, error.message) == (JobState.FAILED, told)
    assert error.exception == "django.core.management.base.CommandError"


def test_who_ends_the_process_of_a_job_reaches_it(run):
    [error] = run(lambda command: sys.exit(-(256 - 9))).errors  # as Celery's pool does

    assert error.exception == "builtins.SystemExit"


@pytest.mark.parametrize("setting", ["diffsettings", "diffsettings flush"])
def test_a_part_of_a_name_is_no_name(settings, setting):
    settings.TASKS_CORE = {"COMMANDS": setting}  # which a check refuses

    for name in ("settings", "flush", ""):
        with pytest.raises(InvalidCall):
            run_command(name)


def test_it_is_a_task_that_a_stored_name_may_mean():
    assert registry.resolve("tasks_core.contrib.commands.tasks.run_command") is run_command
