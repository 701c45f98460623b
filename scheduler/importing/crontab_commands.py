"""A shell command that calls ``manage.py``, as the words of a management command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from scheduler.importing.crontab_prefixes import MANAGE, after_manage
from scheduler.importing.crontab_shell import BY_HAND, ShellCommand, Word, commands_of
from scheduler.importing.readings import Untranslatable, clipped
from tasks_core import conf

TASK = "tasks_core.contrib.commands.tasks.run_command"
APP = "tasks_core.contrib.commands"
PRINTED = "What it prints goes to {} there; here the end of it is the job's return value."
FED = "{} is fed from {} there, and a job is fed nothing. {}"
FILLED_IN = (
    "A shell fills in {} there, and a job has none. Write what it stands for, or in quotes if it "
    "means itself, into a copy of the file; else write a @task that does it."
)
# Django takes them for the process, and those of a job are its worker's.
OF_PROCESS = {
    "--settings": "a job runs with the settings of its worker",
    "--pythonpath": "a worker has a path of its own",
}
VALUED = frozenset({*OF_PROCESS, "-v", "--verbosity"})
LATE = (
    'Its options come before the command, which manage.py answers with "Unknown command": see '
    "whether it ever ran there."
)
MANY = frozenset({"flush", "loaddata", "shell", "dbshell"})
LOOPS = frozenset(
    {"celery", "db_worker", "process_tasks", "qcluster", "rqworker", "run_huey", "run_scheduler"}
    | {"run_worker", "runserver", "testserver"}
)


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a management command, and what became of the rest of the line."""

    words: tuple[str, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # of an entry


def of_manage(text: str) -> Command:
    """Return the management command that a line runs. Raises Untranslatable for all others."""
    parts = commands_of(text)
    calls = [part for part in parts if _mentions_manage(part.words)]
    if not calls:
        raise Untranslatable(f"{clipped(text)} is no management command. {BY_HAND}")
    if len(calls) > 1 or any(part not in calls and not _only_prepares(part) for part in parts):
        raise Untranslatable(f"{clipped(text)} does more than one management command. {BY_HAND}")
    call = after_manage(calls[0].words)
    if filled_in := [word.text for word in call.words if word.is_filled_in]:
        raise Untranslatable(FILLED_IN.format(", ".join(map(clipped, filled_in))))
    words, told = _ordered([word.text for word in call.words])
    if not words or not words[0]:
        raise Untranslatable(f"{clipped(text)} names no management command.")
    if fed := [name for name in calls[0].inputs if name != "/dev/null"]:
        raise Untranslatable(FED.format(words[0], ", ".join(fed), BY_HAND))
    outputs = ", ".join(dict.fromkeys(calls[0].outputs))
    printed = [PRINTED.format(outputs)] if outputs else []
    return Command(words=tuple(words), notes=(*printed, *call.notes, *told), options=call.options)


def problem_of(entry: Mapping[str, Any]) -> str:
    """Return what the settings must say so that a command may run as a job; or nothing."""
    if entry["task"] != TASK:
        return ""
    name = entry["args"][0]
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
    if name in MANY:
        return (
            f"{name} can do anything to the database, and so could whoever may write a schedule "
            "if it ran as a job. Leave the line to cron, or write a @task that does only this."
        )
    installed = "" if apps.is_installed(APP) else f'"{APP}" in INSTALLED_APPS, and '
    return f'Let the command run as a job: {installed}TASKS_CORE = {{"COMMANDS": ["{name}"]}}.'


def _mentions_manage(words: Sequence[Word]) -> bool:
    names = [word.text.rpartition("/")[2] for word in words]
    return bool(MANAGE.intersection(names)) or ("-m", "django") in pairwise(names)


def _only_prepares(command: ShellCommand) -> bool:
    """Say whether a command does nothing but enter a folder, or an environment of Python's."""
    first, *rest = (word.text for word in command.words)
    return first == "cd" or (
        first in {".", "source"} and len(rest) == 1 and rest[0].endswith("/bin/activate")
    )


def _ordered(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the command first, then its words without those for the process; and notes."""
    notes: list[str] = []
    before: list[str] = []
    left = list(words)
    while left and left[0].startswith("-"):
        before.append(left.pop(0))
        if before[-1] in VALUED and left:
            before.append(left.pop(0))
    told = [LATE] if before else []
    kept = list(_kept([*left[:1], *before, *left[1:]], notes))
    return kept, [*notes, *told]


def _kept(words: Sequence[str], notes: list[str]) -> Iterator[str]:
    left = iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if name not in OF_PROCESS:
            yield word
            continue
        value = value if equals else next(left, "")
        if (name, value) != ("--settings", getattr(settings, "SETTINGS_MODULE", "")):
            notes.append(f"Its {name}={value} is left out: {OF_PROCESS[name]}.")
