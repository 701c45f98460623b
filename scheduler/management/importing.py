"""``import --from``: what another package has scheduled, translated, reported and stored."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.db import connections

from scheduler.due import zones
from scheduler.exceptions import InvalidTrigger
from scheduler.importing import jobs, reviewing, writing
from scheduler.importing.origin import Origin
from scheduler.importing.report import Report
from scheduler.importing.reviewing import Entry
from scheduler.importing.sources import SOURCES, read
from scheduler.management.desk import Desk
from scheduler.models import Schedule
from tasks_core.conf import did_you_mean
from tasks_core.management.jobs.bar import bar
from tasks_core.words import counted

Told = dict[str, list[str]]
Store = Callable[[Desk, dict[str, Entry], Namespace], Told]
WRITERS = {"settings": writing.settings, "periodic": writing.periodic}


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="source", choices=SOURCES, help="another package")
    parser.add_argument("--app", default="", help="its object, as in proj.celery:app")
    parser.add_argument("--timezone", type=_zone, help="of the machine; default: TIME_ZONE")
    parser.add_argument("--system", action="store_true", help="the crontab has a column of users")
    parser.add_argument(
        "--database", choices=sorted(connections), default="default", help="that has its tables"
    )
    renamed = "what a task is called here; may be repeated"
    parser.add_argument(
        "--map", type=_pair, action="append", default=[], metavar="OLD=NEW", help=renamed
    )
    skipped = "leave it out; may be repeated"
    parser.add_argument("--skip", action="append", default=[], metavar="KEY", help=skipped)
    form = "what --dry-run prints; default: %(default)s"
    parser.add_argument("--as", dest="form", choices=tuple(WRITERS), default="settings", help=form)


def import_from(desk: Desk, options: Namespace, *, store: Store) -> int:
    """Report what --from names; without --dry-run, and if all of it can be, store it."""
    report = _report(desk, options)
    desk.tell("\n".join(report.lines()))
    told = {"source": options.source, "dry_run": options.dry_run, **report.as_data()}
    if options.dry_run:
        code = WRITERS[options.form](report.entries(), report.problems())
        desk.say(told | {"code": code}, code)
    elif report.blocked:
        desk.say(told, "Nothing was imported.")
    else:
        done = _stored(desk, options, report, store=store)
        desk.say(told | done, _words(done))
    return 1 if report.blocked else 0


def _report(desk: Desk, options: Namespace) -> Report:
    origin = Origin(
        now=desk.now,
        app=options.app,
        path=options.file,
        zone=options.timezone,
        has_users=options.system,
        database=options.database,
        renamed=dict(options.map),
    )
    found = read(options.source, origin)
    keys = [each.key for each in found.schedules] + [each.key for each in found.jobs]
    for key in options.skip:
        if key not in keys:
            told = did_you_mean(key, keys)
            raise CommandError(f"--skip {key!r}: there is none with this key.{told}", returncode=2)
    with bar("compare", total=len(found.schedules), screen=desk.err) as advance:
        schedules = reviewing.review(
            found.schedules, now=desk.now, skipped=options.skip, advance=advance
        )
    return Report(found.notes, schedules, jobs.review(found.jobs, skipped=options.skip))


def _stored(desk: Desk, options: Namespace, report: Report, *, store: Store) -> Told:
    wanted = {each.key: each.entry for each in report.schedules if each.is_importable}
    rows = Schedule.objects.using(desk.database).filter(retired_at=None, key__in=list(wanted))
    same = [row.key for row in rows if reviewing.same_as(row, wanted[row.key])]
    new = {key: entry for key, entry in wanted.items() if key not in same}
    done = store(desk, new, options) | {"unchanged": sorted(same)}
    return done | {"jobs": [str(each) for each in jobs.store(report.jobs)]}


def _words(done: Told) -> str:
    told_of_jobs = f", {counted(len(done['jobs']), 'job')} stored" if done["jobs"] else ""
    return (
        f"{counted(len(done['created']), 'schedule')} created, {len(done['changed'])} changed, "
        f"{len(done['unchanged'])} here already{told_of_jobs}."
    )


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
