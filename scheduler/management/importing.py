"""``import --from``: what another package has scheduled, translated, reported and stored."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections

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
FLAGS = {
    "file": "FILE",
    **{name: f"--{name}" for name in ("app", "timezone", "system", "database", "map", "skip")},
    "form": "--as",
}


def add_options(parser: ArgumentParser) -> None:
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


def import_from(desk: Desk, options: Namespace, *, store: Store) -> int:
    """Report what --from names; without --dry-run, and if all of it can be, store it."""
    report = _report(desk, options)
    desk.tell("\n".join(report.lines()))
    told = {"source": options.source, "dry_run": options.dry_run, **report.as_data()}
    if options.dry_run:
        code = WRITERS[options.form or "settings"](report.entries(), report.problems())
        code += writing.comments(report.refused())
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
        database=options.database or DEFAULT_DB_ALIAS,
        renamed=dict(options.map),
    )
    found = read(options.source, origin)
    for old, _new in options.map:
        if old not in found.tasks:
            told = did_you_mean(old, found.tasks) if found.tasks else ""
            raise CommandError(f"--map {old}=…: no task has this name there.{told}", returncode=2)
    found = found.renamed(dict(options.map))
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
    ready = [each for each in report.schedules if each.is_importable]
    wanted = {each.key: each.entry for each in ready if not each.reading.keep}
    rows = Schedule.objects.using(desk.database).filter(retired_at=None, key__in=list(wanted))
    same = [row.key for row in rows if reviewing.same_as(row, wanted[row.key])]
    new = {key: entry for key, entry in wanted.items() if key not in same}
    done = store(desk, new, options)
    for each in ready:
        if each.reading.keep:
            is_new = each.reading.keep(each.key)
            (done["created"] if is_new else same).append(each.key)
    done |= {"unchanged": sorted(same)}
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
