"""Which management commands may run as jobs, and what an import says of the others."""

import pytest

from scheduler.importing import crontab_permitted


@pytest.fixture
def problem(settings):
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, crontab_permitted.APP]

    def problem(*words):
        return crontab_permitted.problem_of({"task": crontab_permitted.TASK, "args": list(words)})

    return problem


def test_a_command_that_may_not_run_as_a_job_yet(problem):
    assert problem("check") == (
        'Let the command run as a job: TASKS_CORE = {"COMMANDS": ["check"]}.'
    )


def test_a_command_that_is_none_here(problem):
    assert "no management command 'chekc' here. Did you mean 'check'?" in problem("chekc")
    assert "leave the line to cron" in problem("send_digest")


@pytest.mark.parametrize(
    ("name", "why"),
    [("flush", "can do anything"), ("run_worker", "keep a worker from all other jobs")],
)
def test_nobody_is_told_to_permit_everything(problem, settings, name, why):
    assert why in problem(name)
    assert "COMMANDS" not in problem(name)
    settings.TASKS_CORE = {"COMMANDS": [name]}
    assert problem(name) == ""


def test_a_task_that_is_mapped_to_it_without_a_command(problem):
    assert "no management command '' here" in problem()
