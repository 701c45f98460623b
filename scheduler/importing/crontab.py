"""
A crontab file: that of a user, or with ``--system`` one whose sixth column says who runs it.

The expressions are cron's own, which are ours: Debian's rules. Times are in the zone of the
machine, or of a ``CRON_TZ=`` line above (cronie reads it, Debian does not). A line that calls a
management command runs it as a task; other programs are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from shutil import which
from textwrap import shorten

from scheduler.exceptions import InvalidTrigger
from scheduler.importing import crontab_commands, crontab_permitted, runs
from scheduler.importing.crontab_prefixes import is_program
from scheduler.importing.origin import Origin
from scheduler.importing.readings import Found, Reading, Unread, Untranslatable, read_each
from scheduler.triggers import Cron

NOTHING = "No line of it says when something is to run."
COLUMNS = 5
KEY = 60  # characters at most, in whole words, of a line that becomes no schedule
LONGEST = 200
_SETTING = re.compile(r"""(?P<name>\w+|"\w+"|'\w+')\s*=\s*(?P<value>.*)""", re.ASCII)
_STDIN = re.compile(r"(?<!\\)%")  # what follows is standard input; \% is a per cent sign
ONCE = "A command that fails is not tried again there, nor here: run_command has one attempt."
REBOOT = "@reboot is no time: what is to run when the machine starts belongs to its init."
FED = (
    "What follows its % is its standard input there, and a job is fed nothing. Write a @task that "
    "does it, or leave the line to cron; \\% is a per cent sign."
)
USER = (
    "{} names a user, as in a crontab whose sixth column says who runs a line: add --system. If it "
    "is a program, write a @task that does what it does, or leave the line to cron."
)
NO_USER = "Its sixth column, {}, is no user but begins the command. Leave --system out."
SAME = "The expression means here what it means to Debian's cron, also where clocks change."


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says when and what."""

    number: int
    when: str
    command: str
    zone: str  # which may be none; then the line is refused, and no other
    user: str = ""

    @property
    def key(self) -> str:
        """Name a line that becomes no schedule by its first words: its number changes."""
        return shorten(self.command or self.when, KEY, placeholder="") or self.command[:KEY]


def read(origin: Origin) -> Found:
    told: list[str] = []
    lines = list(_lines(origin, told))
    unread = [Unread(line.key, line.command, partial(_schedule, line, origin)) for line in lines]
    if lines:
        zone = f"Times are in {origin.told_zone}, unless CRON_TZ says otherwise. {SAME}"
        told = [zone, *told, runs.TOLD_BESIDE, ONCE]
    return Found(schedules=read_each(unread), notes=tuple(told))


def _lines(origin: Origin, told: list[str]) -> Iterator[Line]:
    """Yield the lines that run something; what the others say is added to ``told``."""
    zone = origin.local_zone.key
    for number, written in enumerate(origin.text().splitlines(), start=1):
        text = written.strip()
        if not text or text.startswith("#"):
            continue
        if setting := _SETTING.fullmatch(text):
            name, value = setting["name"].strip("'\""), setting["value"].strip().strip("'\"")
            if name == "CRON_TZ":
                zone = value
            told.append(_told_of(name, value, number))
            continue
        columns = 1 if text.startswith("@") else COLUMNS
        *when, command = text.split(None, columns) if len(text.split()) > columns else [text]
        user = ""
        if origin.has_users and when and len(parts := command.split(None, 1)) > 1:
            user, command = parts
        yield Line(number, " ".join(when), command, zone, user)


def _told_of(name: str, value: str, number: int) -> str:
    if name == "CRON_TZ":
        return f"Line {number}: from here on times are in {value}, as CRON_TZ says."
    if name == "TZ":
        return (
            f"Line {number}: TZ={value} is for the commands. Cron goes by the machine's zone all "
            "the same, and so does this."
        )
    if name == "MAILTO":
        return f"Line {number}: nobody is mailed what a job printed; it is the job's return value."
    return f"Line {number}: {name} is set for the commands there; a worker has its own environment."


def _schedule(line: Line, origin: Origin) -> Reading:
    try:
        return _reading(line, origin)
    except Untranslatable as error:
        raise type(error)(f"Line {line.number}: {error}") from error


def _reading(line: Line, origin: Origin) -> Reading:
    if line.when == "@reboot":
        raise Untranslatable(REBOOT)
    if not line.when:
        raise Untranslatable("It has too few columns: five that say when, and a command.")
    try:
        trigger = Cron(line.when, line.zone)
    except InvalidTrigger as error:
        raise Untranslatable(str(error)) from error
    _refuse_other_columns(line, origin)
    found = _command(line.command)
    return Reading(
        key=" ".join(found.words)[:LONGEST],
        task=crontab_permitted.TASK,
        trigger=trigger,
        options={"args": list(found.words), **runs.BESIDE, **found.options},
        notes=found.notes,
    )


def _refuse_other_columns(line: Line, origin: Origin) -> None:
    """Refuse a command that begins with a user, and a user that is a program."""
    if origin.has_users:
        if is_program(line.user):
            raise Untranslatable(NO_USER.format(line.user))
        return
    first, *rest = line.command.split(None, 1)
    if not is_program(first) and (_is_user(first) or (rest and _may_be_user(first, rest[0]))):
        raise Untranslatable(USER.format(first))


def _may_be_user(first: str, rest: str) -> bool:
    """Say whether a word that is no program here stands before a whole command."""
    try:
        _command(rest)
    except Untranslatable:
        return False
    return which(first) is None


def _command(text: str) -> crontab_commands.Command:
    command, *stdin = _STDIN.split(text, maxsplit=1)
    found = crontab_commands.of_manage(command.replace("\\%", "%"))
    if stdin:
        raise Untranslatable(FED)
    return found


def _is_user(name: str) -> bool:
    if name == "root":
        return True
    try:
        import pwd  # of Unix
    except ImportError:
        return False
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
