"""``manage.py schedules <verb>``: ask what will run and why, and decide about it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduler.exceptions import SchedulerError
from scheduler.management import verbs
from scheduler.management.desk import Desk, Verb
from tasks_core.exceptions import JobError
from tasks_core.management.troubles import told_in_a_sentence

EPILOG = """
examples:
  schedules list --state paused
  schedules next nightly-backup -n 5        its next due times: local, UTC, how far away
  schedules pause nightly-backup --reason "the disk is full" --until 2h
  schedules sync                            write SCHEDULE and @periodic into the database

"schedules <verb> --help" says more about each. With --format json, stdout is one JSON value.
Exit codes: 0 done, 1 nothing was changed or something is wrong, 2 wrong arguments.
"""


class Command(BaseCommand):
    help = "Ask which schedules there are, what they do and why, and decide about them."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs.add_all(parser.add_subparsers(dest="verb", required=True, metavar="verb"))

    def handle(self, *args: Any, do: Verb, **options: Any) -> None:
        desk = Desk(as_json=options["output"] == "json", out=self.stdout, err=self.stderr)
        try:
            with told_in_a_sentence():
                code = do(desk, Namespace(**options))
        except (SchedulerError, JobError) as error:
            raise CommandError(str(error), returncode=2) from error
        if code:
            sys.exit(code)
