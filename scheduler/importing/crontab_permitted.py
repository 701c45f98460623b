"""Whether a management command may run as a job here, and what permits it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.core.management import get_commands

from tasks_core import conf

TASK = "tasks_core.contrib.commands.tasks.run_command"
APP = "tasks_core.contrib.commands"
POWERFUL = frozenset({"flush", "loaddata", "shell", "dbshell"})
LOOPS = frozenset(
    {"celery", "db_worker", "process_tasks", "qcluster", "rqworker", "run_huey", "run_scheduler"}
    | {"run_worker", "runserver", "testserver"}
)


def problem_of(entry: Mapping[str, Any]) -> str:
    """Return what the settings must say so that a command may run as a job; or nothing."""
    if entry["task"] != TASK:
        return ""
    name = str(next(iter(entry.get("args", ())), ""))
    if name not in (known := get_commands()):
        near = [f" Did you mean {each!r}?" for each in get_close_matches(name, known, n=1)]
        return (
            f"There is no management command {name!r} here.{''.join(near)} Put its app into "
            "INSTALLED_APPS, or leave the line to cron."
        )
    if name not in conf.get("COMMANDS"):
        return _permission(name)
    if not apps.is_installed(APP):
        return f'Management commands run as jobs with "{APP}" in INSTALLED_APPS.'
    return ""


def _permission(name: str) -> str:
    if name in LOOPS:
        return (
            f"{name} is a process of its own, which would keep a worker from all other jobs. Leave "
            "the line to cron, or to what starts your processes."
        )
    if name in POWERFUL:
        return (
            f"{name} can do anything to the database, and so could whoever may write a schedule "
            "if it ran as a job. Leave the line to cron, or write a @task that does only this."
        )
    installed = "" if apps.is_installed(APP) else f'"{APP}" in INSTALLED_APPS, and '
    return f'Let the command run as a job: {installed}TASKS_CORE = {{"COMMANDS": ["{name}"]}}.'
