"""``import --from``: what another package has scheduled, translated, reported and stored."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from scheduler.choices import Source
from scheduler.importing import jobs, reviewing, writing
from scheduler.importing.origin import Origin
from scheduler.importing.report import Report
from scheduler.importing.report_data import as_data
from scheduler.importing.reviewing import Entry
from scheduler.importing.sources import read
from scheduler.management import taken
from scheduler.management.desk import Desk
from scheduler.models import Schedule
from tasks_core.conf import did_you_mean
from tasks_core.management.jobs.bar import bar
from tasks_core.words import counted

Told = dict[str, list[str]]
Store = Callable[[Desk, dict[str, Entry], Namespace], Told]
WRITERS = {"settings": writing.settings, "periodic": writing.periodic}


def import_from(desk: Desk, options: Namespace, *, store: Store) -> int:
    """Report what --from names; without --dry-run, and if all of it can be, store it."""
    report = _report(desk, options)
    desk.tell("\n".join(report.lines()))
    told = {"source": options.source, "dry_run": options.dry_run, **as_data(report)}
    if options.dry_run:
        if there := _taken(desk, report):
            told["taken"] = {key: str(each) for key, each in there.items()}
            desk.tell(f"\n{taken.told(there.values())}")
        code = WRITERS[options.form or "settings"](report.entries(), report.problems())
        code += writing.comments(report.refused())
        desk.say(told | {"code": code}, code)
    elif report.blocked:
        desk.say(told, "Nothing was imported.")
    else:
        new = _new(desk, report)
        _refuse_others(desk, options, new)
        done = _stored(desk, options, report, new=new, store=store)
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
    for old in origin.renamed:
        if old not in found.tasks:
            told = did_you_mean(old, found.tasks) if found.tasks else ""
            raise CommandError(f"--map {old}=…: no task has this name there.{told}", returncode=2)
    found = found.renamed(origin.renamed)
    keys = [each.key for each in found.schedules] + [each.key for each in found.jobs]
    for key in options.skip:
        if key not in keys:
            told = did_you_mean(key, keys) if keys else ""
            raise CommandError(f"--skip {key!r}: there is none with this key.{told}", returncode=2)
    with bar("compare", total=len(found.schedules), screen=desk.err) as advance:
        schedules = reviewing.review(
            found.schedules, now=desk.now, skipped=options.skip, advance=advance
        )
    return Report(found.notes, schedules, jobs.review(found.jobs, skipped=options.skip))


def _taken(desk: Desk, report: Report) -> dict[str, taken.Taken]:
    """Return what has keys already; who only looks may do so before the first migration."""
    tables = connections[desk.database].introspection.table_names()
    is_migrated = Schedule._meta.db_table in tables
    return taken.taken(desk.database, _new(desk, report)) if is_migrated else {}


def _new(desk: Desk, report: Report) -> dict[str, Entry]:
    """Return the entries that no schedule says yet."""
    wanted = report.wanted()
    rows = Schedule.objects.using(desk.database).filter(retired_at=None, key__in=list(wanted))
    same = {row.key for row in rows if reviewing.same_as(row, wanted[row.key])}
    return {key: entry for key, entry in wanted.items() if key not in same}


def _refuse_others(desk: Desk, options: Namespace, new: dict[str, Entry]) -> None:
    """Refuse keys of what is there for another reason than an import from this package."""
    if options.existing == "keep":
        return
    there = taken.taken(desk.database, new).values()
    others = [
        each for each in there if each.source == Source.DATABASE and not each.is_of(options.source)
    ]
    if others:
        raise CommandError(
            f"{taken.told(others)} No import from {options.source} made that, so none changes it: "
            "--existing keep or --skip KEY leaves it as it is, `schedules delete` makes room.",
            returncode=2,
        )


def _stored(
    desk: Desk, options: Namespace, report: Report, *, new: dict[str, Entry], store: Store
) -> Told:
    same = [key for key in report.wanted() if key not in new]
    why = ": ".join(filter(None, (taken.IMPORTED.format(options.source), options.reason)))
    done = store(desk, new, Namespace(**vars(options) | {"reason": why}))
    for each in report.schedules:
        if each.is_importable and each.reading.keep:
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
