"""
What may stand before ``manage.py`` in a line, and what that means here.

Programs that run the command behind them as it stands, here and for the same user. Of all
others nobody knows what becomes of it: ssh runs it elsewhere, sudo for somebody else, echo never.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduler.importing.crontab_shell import Word
from scheduler.importing.readings import Untranslatable

MANAGE = frozenset({"manage.py", "django-admin"})
PYTHON = re.compile(r"(python|pypy)[\d.]*")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
PYTHONS_VALUED = frozenset({"-W", "-X"})
OTHER = (
    "{} comes before manage.py, and what it does with the command (on another machine, as somebody "
    "else, or nothing) no job can do. Write a @task that does it, or leave the line to cron; if "
    "it changes nothing, take it out of a copy of the file."
)
ENVIRONMENT = "{} is set for it there; a worker has its own environment."
_AT_ONCE = re.compile(r"-[a-z]*n[a-z]*|--nb|--nonblock(ing)?")
_SHARED = re.compile(r"-[a-z]*s[a-z]*|--shared")
LOCKED = 'It runs under flock there, so here overlap="{}"; other jobs do not see it.'
SHARED = "It takes a shared lock there, which keeps out no other run of it; here it takes none."


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A program that runs what follows its own words."""

    valued: frozenset[str] = frozenset()  # its options that the next word belongs to
    words: int = 0  # that follow its options: a file, a span
    verb: str = ""  # that says so: uv run
    note: str = ""

    def after(self, words: Sequence[Word]) -> Sequence[Word]:
        """Return what follows the words of this program. Raises Untranslatable if it runs none."""
        left = _after_options(words[1:], self.valued)
        if self.verb:
            if not left or left[0].text != self.verb:
                raise Untranslatable(OTHER.format(_name(words[0])))
            left = _after_options(left[1:], self.valued)
        return left[self.words :]


NICE = "It runs under {} there, behind what is more urgent; here a worker runs it like any other."
TIMEOUT = "It is ended by timeout there. Nothing ends it here; a @task(timeout=…) may call it."
CHRONIC = "It runs under chronic there, which mails what failed only; here nobody is mailed."
PREFIXES = {
    "env": Prefix(valued=frozenset({"-u", "--unset", "-C", "--chdir"})),
    "exec": Prefix(),
    "nohup": Prefix(),
    "nice": Prefix(valued=frozenset({"-n", "--adjustment"}), note=NICE.format("nice")),
    "ionice": Prefix(
        valued=frozenset({"-c", "--class", "-n", "--classdata"}), note=NICE.format("ionice")
    ),
    "chronic": Prefix(note=CHRONIC),
    "timeout": Prefix(
        valued=frozenset({"-s", "--signal", "-k", "--kill-after"}), words=1, note=TIMEOUT
    ),
    "flock": Prefix(
        valued=frozenset({"-w", "--wait", "--timeout", "-E", "--conflict-exit-code"}), words=1
    ),
    "pipenv": Prefix(verb="run"),
    "poetry": Prefix(valued=frozenset({"-C", "--directory", "-P", "--project"}), verb="run"),
    "uv": Prefix(
        valued=frozenset({"--directory", "--project", "--env-file", "-p", "--python", "--with"}),
        verb="run",
    ),
}


@dataclass(slots=True)
class Call:
    """What follows ``manage.py``, and what came before it means."""

    words: Sequence[Word]
    notes: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)  # of an entry


def after_manage(words: Sequence[Word]) -> Call:
    """Return what a command gives to manage.py. Raises Untranslatable where another runs it."""
    call = Call(words)
    assigned: list[str] = []
    while call.words:
        said = call.words[0].text
        if ASSIGNMENT.fullmatch(said):
            assigned.append(said.partition("=")[0])
            call.words = call.words[1:]
        elif _name(call.words[0]) in MANAGE:
            call.words = call.words[1:]
            break
        elif PYTHON.fullmatch(_name(call.words[0])):
            call.words = _after_python(call.words)
            break
        else:
            _step(call)
    if assigned:
        call.notes.append(ENVIRONMENT.format(", ".join(assigned)))
    return call


def is_program(word: str) -> bool:
    """Say whether a word begins a command, so that it names no user."""
    name = word.rpartition("/")[2]
    return bool(
        name in {*MANAGE, *PREFIXES, "cd", "sudo", "sh", "bash"}
        or {"/", "="} & set(word)
        or PYTHON.fullmatch(name)
    )


def _step(call: Call) -> None:
    """Walk past one program that stands before the command."""
    first = call.words[0]
    prefix = PREFIXES.get(_name(first))
    if prefix is None:
        raise Untranslatable(OTHER.format(_name(first)))
    rest = prefix.after(call.words)
    own = [word.text for word in call.words[1 : len(call.words) - len(rest)]]
    if _name(first) == "flock":
        _lock(call, own)
    elif prefix.note:
        call.notes.append(prefix.note)
    call.words = rest


def _lock(call: Call, own: list[str]) -> None:
    """Say what flock means here: with -n the next run is left out, without it waits."""
    if any(map(_SHARED.fullmatch, own)):
        call.notes.append(SHARED)
        return
    overlap = "skip" if any(map(_AT_ONCE.fullmatch, own)) else "queue_one"
    call.options["overlap"] = overlap
    call.notes.append(LOCKED.format(overlap))


def _after_python(words: Sequence[Word]) -> Sequence[Word]:
    left = words[1:]
    while left and left[0].text.startswith("-"):
        if left[0].text == "-m":
            if len(left) > 1 and left[1].text == "django":
                return left[2:]
            raise Untranslatable(OTHER.format(" ".join(word.text for word in left[:2])))
        left = left[2 if left[0].text in PYTHONS_VALUED else 1 :]
    if left and _name(left[0]) in MANAGE:
        return left[1:]
    raise Untranslatable(OTHER.format(_name(left[0]) if left else words[0].text))


def _after_options(words: Sequence[Word], valued: frozenset[str]) -> Sequence[Word]:
    while words and words[0].text.startswith("-"):
        words = words[2 if words[0].text in valued else 1 :]
    return words


def _name(word: Word) -> str:
    return word.text.rpartition("/")[2]
