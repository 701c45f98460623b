"""A shell command that calls ``manage.py``, as the words of a management command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps

from scheduler.importing.readings import Untranslatable
from tasks_core import conf

TASK = "tasks_core.contrib.commands.tasks.run_command"
APP = "tasks_core.contrib.commands"
# Words after which another command follows that is run in any case, or only if the first went well.
_THEN = frozenset({"&&", ";"})
_MORE = frozenset({"|", "||", "&", "(", ")"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
_EXPANDED = re.compile(r"[$`]")
_AT_ONCE = re.compile(r"-[a-z]*n[a-z]*|--nb|--nonblock(ing)?")
LOCKED = 'It runs under flock there, so here overlap="{overlap}"; other jobs do not see it.'
BY_HAND = (
    "Write a @task that does it (subprocess.run, if it is a program), or leave the line to cron."
)


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a management command, and what became of the rest of the line."""

    words: tuple[str, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # of an entry


def of_manage(text: str) -> Command:
    """Return the management command that a line runs. Raises Untranslatable for all others."""
    parts = _split(text)
    calls = [part for part in parts if (_after_manage(part) is not None)]
    if not calls:
        raise Untranslatable(f"{text!r:.80} is no management command. {BY_HAND}")
    others = [part for part in parts if part not in calls and part[:1] != ["cd"]]
    if len(calls) > 1 or others:
        raise Untranslatable(f"{text!r:.80} does more than one management command. {BY_HAND}")
    [call] = calls
    words, redirected = _without_redirections(_after_manage(call) or [], text)
    if not words:
        raise Untranslatable(f"{text!r:.80} names no management command.")
    if any(map(_EXPANDED.search, words)):
        raise Untranslatable(f"{text!r:.80} is filled in by a shell. {BY_HAND}")
    notes = []
    if redirected:
        notes.append("Its output is redirected there; here it is the job's return value.")
    before = call[: len(call) - len(_after_manage(call) or [])]
    if names := [word.partition("=")[0] for word in before if _ASSIGNMENT.fullmatch(word)]:
        notes.append(f"{', '.join(names)} is set for it there; a worker has its own environment.")
    if before and before[0] in {"nice", "ionice", "timeout", "chronic"}:
        notes.append(f"It runs under {before[0]} there; timeout= of a @task is its like here.")
    options = _under_lock(before)
    if options:
        notes.append(LOCKED.format(**options))
    return Command(words=tuple(words), notes=tuple(notes), options=options)


def _under_lock(before: list[str]) -> dict[str, str]:
    """Return what flock means here: with -n the next run is left out, without it waits."""
    if not before or before[0].rpartition("/")[2] != "flock":
        return {}
    leaves_out = any(_AT_ONCE.fullmatch(word) for word in before)
    return {"overlap": "skip" if leaves_out else "queue_one"}


def problem_of(entry: Mapping[str, Any]) -> str:
    """Return what the settings must say so that a command may run as a job; or nothing."""
    if entry["task"] != TASK:
        return ""
    if not apps.is_installed(APP):
        return f'Management commands run as jobs with "{APP}" in INSTALLED_APPS.'
    name = entry["args"][0]
    if name not in conf.get("COMMANDS"):
        return f'Let the command run as a job: TASKS_CORE = {{"COMMANDS": ["{name}"]}}.'
    return ""


def _split(text: str) -> list[list[str]]:
    """Return the commands of a line as words, as a shell would tell them apart."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise Untranslatable(f"{text!r:.80} cannot be read: {error}. {BY_HAND}") from error
    if _MORE.intersection(words):
        raise Untranslatable(f"{text!r:.80} joins commands. {BY_HAND}")
    parts: list[list[str]] = [[]]
    for word in words:
        parts = [*parts, []] if word in _THEN else [*parts[:-1], [*parts[-1], word]]
    return [part for part in parts if part]


def _after_manage(words: list[str]) -> list[str] | None:
    """Return what follows manage.py, django-admin or python -m django; None if none is there."""
    for place, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name in {"manage.py", "django-admin"} or words[max(0, place - 1) : place + 1] == [
            "-m",
            "django",
        ]:
            return words[place + 1 :]
    return None


def _without_redirections(words: list[str], text: str) -> tuple[list[str], bool]:
    """Leave out >> log and 2>&1. The shell's words for them stand alone after the split."""
    kept: list[str] = []
    left = list(words)
    redirected = False
    while left:
        word = left.pop(0)
        if set(word) <= set("<>&|") and word:
            redirected = True
            if kept and kept[-1] in {"1", "2"} and f"{kept[-1]}{word}" in text:  # 2>&1
                kept.pop()
            if left:
                left.pop(0)
        else:
            kept.append(word)
    return kept, redirected
