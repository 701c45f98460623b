"""Arguments that several verbs of a command take, and texts that become values."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime, parse_duration

from tasks_core import conf
from tasks_core.calls import instant
from tasks_core.states import JobState


def verb_parser(verbs: Any, name: str, words: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=words, description=words)
    parser.add_argument("--backend", default=conf.DEFAULT_ALIAS, help="alias of JOBS")
    parser.add_argument("--format", dest="output", choices=("table", "json"), default="table")
    return parser


def add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=[state.value for state in JobState])
    parser.add_argument("--queue")
    parser.add_argument("--task", help="dotted name")


def json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ArgumentTypeError(f"not JSON: {error}") from error


def age(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].isdigit() and text[-1:] in units:
        return timedelta(**{units[text[-1]]: int(text[:-1])})
    duration = parse_duration(text)
    if duration is None:
        raise ArgumentTypeError(f"{text!r} is not like 30m, 12h or 7d")
    return duration


def moment(text: str) -> datetime | timedelta:
    try:
        parsed = parse_datetime(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    return age(text) if parsed is None else instant(parsed, what="--when").astimezone(UTC)
