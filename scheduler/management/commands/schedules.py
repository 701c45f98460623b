"""``manage.py schedules <verb>``: look at schedules and bring their rows up to date."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduler import conf, listing
from scheduler.exceptions import SchedulerError
from scheduler.models import Schedule
from scheduler.sync import sync
from tasks_core import clock
from tasks_core.management.arguments import add_djangos_own, positive
from tasks_core.management.troubles import told_in_a_sentence
from tasks_core.presentation import as_json, as_table

EPILOG = """
examples:
  schedules list
  schedules next nightly-backup -n 5        its next due times: local, UTC, how far away
  schedules sync                            write SCHEDULE and @periodic into the database
  schedules sync --force                    also what was replaced before; ends quarantine

Exit codes: 0 done, 1 a declaration was refused, 2 wrong arguments.
"""


class Command(BaseCommand):
    help = "Look at schedules and bring their rows up to date."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
        _verb(verbs, "list", "every schedule, the next due first")
        coming = _verb(verbs, "next", "the next due times of one schedule")
        coming.add_argument("key", help="of a row, or of a declaration that was not synchronised")
        coming.add_argument(
            "-n", type=positive, default=20, dest="number", help="default: %(default)s"
        )
        syncing = _verb(verbs, "sync", "write the declarations into the database")
        syncing.add_argument(
            "--force", action="store_true", help="apply former definitions, end quarantine"
        )

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.json = options["output"] == "json"
        with told_in_a_sentence():
            getattr(self, f"do_{verb}")(**options)

    def do_list(self, **options: Any) -> None:
        alias = conf.database()
        now = clock.db_now(alias)
        rows = [listing.line(row, now=now) for row in Schedule.objects.using(alias).all()]
        rows.sort(key=lambda row: (row["next_due_at"] is None, row["next_due_at"], row["key"]))
        self._show(rows, columns=listing.COLUMNS)

    def do_next(self, key: str, number: int, **options: Any) -> None:
        try:
            trigger = listing.trigger_named(key)
        except SchedulerError as error:
            raise CommandError(str(error), returncode=2) from error
        now = clock.db_now(conf.database())
        rows = listing.coming(trigger, now=now, number=number)
        if not rows and not self.json:
            self.stdout.write(f"{key} ({trigger.spec()}) is never due again.")
            return
        self._show(rows, columns=listing.NEXT_COLUMNS)

    def do_sync(self, *, force: bool, **options: Any) -> None:
        report = sync(force=force)
        self.stdout.write(as_json(asdict(report)) if self.json else str(report))
        if report.refused:
            raise SystemExit(1)

    def _show(self, rows: list[dict[str, Any]], *, columns: tuple[str, ...]) -> None:
        if self.json:
            self.stdout.write(as_json(rows))
            return
        told = [["" if row[name] is None else row[name] for name in columns] for row in rows]
        self.stdout.write(as_table(told, columns))


def _verb(verbs: Any, name: str, words: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=words, description=words)
    parser.add_argument("--format", choices=("table", "json"), default="table", dest="output")
    add_djangos_own(parser)
    return parser
