"""Arguments that several verbs of a command take, and texts that become values."""

import json
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import DjangoHelpFormatter
from django.utils.dateparse import parse_datetime, parse_duration

from tasks_core import conf
from tasks_core.options import instant
from tasks_core.processes import launch
from tasks_core.states import JobState


class Help(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """A command's own options before Django's, and examples line by line."""


def verb_parser(
    verbs: Any,
    name: str,
    words: str,
    *,
    do: Callable[..., int],
    examples: str = "",
    of_backend: bool = True,
) -> ArgumentParser:
    """Add the verb ``name``, done by ``do``, with what all verbs of its command take."""
    parser: ArgumentParser = verbs.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=examples,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=do)
    if of_backend:
        parser.add_argument("--backend", default=conf.DEFAULT_ALIAS, help="alias of JOBS")
    parser.add_argument("--format", dest="output", choices=("table", "json"), default="table")
    add_djangos_own(parser)
    return parser


def add_djangos_own(parser: ArgumentParser) -> None:
    """Let Django's own options stand after the verb, too, where everybody types them."""
    for flag, words in (("--settings", "settings module"), ("--pythonpath", "folder to import")):
        parser.add_argument(flag, default=SUPPRESS, help=words)
    for flag in ("--traceback", "--no-color", "--force-color", "--skip-checks"):
        parser.add_argument(flag, action="store_true", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument(
        "-v", "--verbosity", type=int, choices=range(4), default=SUPPRESS, help=SUPPRESS
    )


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def count(text: str) -> int:
    """Return a whole number of at least 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def seconds(text: str) -> float:
    """Return a number of seconds greater than 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds greater than 0")
    return number


def file_to_touch(text: str) -> str:
    """Return the path of a file that can be made where it is."""
    if Path(text).is_dir() or not Path(text).parent.is_dir():
        raise ArgumentTypeError(f"{text!r} is no file in a folder that exists")
    return text


def add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=[state.value for state in JobState])
    parser.add_argument("--queue")
    parser.add_argument("--task", help="dotted name")


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def processes(text: str) -> int:
    try:
        return launch.processors() if text == "auto" else positive(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f'{error}, nor "auto"') from None


def json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ArgumentTypeError(f"not JSON: {error}") from error


def age(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].isdigit() and text[-1:] in units:
        return timedelta(**{units[text[-1]]: int(text[:-1])})
    # Without a unit "7" would be seven seconds, which is what nobody means who prunes.
    duration = None if text.lstrip("+-").isdecimal() else parse_duration(text)
    if duration is None or duration < timedelta(0):
        raise ArgumentTypeError(f"{text!r} is not like 90s, 30m, 12h or 7d")
    return duration


def moment(text: str) -> datetime | timedelta:
    try:
        parsed = parse_datetime(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    if parsed is not None:
        return instant(parsed, what="--when").astimezone(UTC)
    try:
        return age(text)
    except ArgumentTypeError:
        raise ArgumentTypeError(
            f"{text!r} is neither a date and time, such as 2026-10-25T09:00, nor a length of time "
            "like 90s, 30m, 12h or 7d"
        ) from None
