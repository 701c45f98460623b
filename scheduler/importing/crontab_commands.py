"""A shell command that calls ``manage.py``, as the words of a management command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.conf import settings

from scheduler.importing.crontab_prefixes import MANAGE, after_manage
from scheduler.importing.crontab_shell import BY_HAND, ShellCommand, Word, commands_of
from scheduler.importing.readings import Untranslatable, clipped

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
SHELL = re.compile(r"(.*/)?(ba|da|z)?sh")
COMMAND = frozenset({"-c", "-lc"})


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a management command, and what became of the rest of the line."""

    words: tuple[str, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # of an entry


def of_manage(text: str) -> Command:
    """Return the management command that a line runs. Raises Untranslatable for all others."""
    parts = commands_of(text)
    if inner := _given_to_a_shell(parts):
        return of_manage(inner)
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


def _given_to_a_shell(parts: Sequence[ShellCommand]) -> str:
    """Return the line that ``sh -c "…"`` runs, if that is all."""
    match [(part, [word.text for word in part.words]) for part in parts]:
        case [(part, [shell, option, line])] if SHELL.fullmatch(shell) and option in COMMAND:
            is_as_written = not (part.words[2].is_filled_in or part.outputs or part.inputs)
            return line if is_as_written else ""
    return ""


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
