"""The arguments of ``import --from``, and which of them say something about which package."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.db import connections

from scheduler.due import zones
from scheduler.exceptions import InvalidTrigger
from scheduler.importing.sources import SOURCES
from scheduler.management.importing import WRITERS

FLAGS = {
    "file": "FILE",
    **{name: f"--{name}" for name in ("app", "timezone", "system", "database", "map", "skip")},
    "form": "--as",
}


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="source", choices=SOURCES, help="another package")
    parser.add_argument("--app", default="", help="its object, as in proj.celery:app")
    parser.add_argument("--timezone", type=_zone, help="of the machine; default: TIME_ZONE")
    parser.add_argument("--system", action="store_true", help="the crontab has a column of users")
    tables = "that has its tables; default: default"
    parser.add_argument("--database", choices=sorted(connections), help=tables)
    renamed = "what a task is called here; may be repeated"
    parser.add_argument(
        "--map", type=_pair, action="append", default=[], metavar="OLD=NEW", help=renamed
    )
    skipped = "leave it out; may be repeated"
    parser.add_argument("--skip", action="append", default=[], metavar="KEY", help=skipped)
    form = "what --dry-run prints; default: settings"
    parser.add_argument("--as", dest="form", choices=tuple(WRITERS), help=form)


def refuse_strangers(options: Namespace) -> None:
    """Refuse arguments that would say nothing, as somebody thinks that they do."""
    given = [name for name in FLAGS if getattr(options, name)]
    if options.source is None:
        theirs = [name for name in given if name != "file"]
        if theirs:
            flag = FLAGS[theirs[0]]
            raise CommandError(f"{flag} is for another package: say --from which.", returncode=2)
        return
    takes = (*SOURCES[options.source], "skip", "form")
    for name in given:
        if name not in takes:
            known = ", ".join(FLAGS[each] for each in takes)
            raise CommandError(
                f"{FLAGS[name]} says nothing about {options.source}, which takes {known}.",
                returncode=2,
            )
    if options.form and not options.dry_run:
        raise CommandError("--as says what is printed: add --dry-run.", returncode=2)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise ArgumentTypeError(f"{text!r} is no OLD=NEW")
    return old, new


def _zone(text: str) -> ZoneInfo:
    try:
        return zones.zone(text)
    except InvalidTrigger as error:
        raise ArgumentTypeError(str(error)) from error
