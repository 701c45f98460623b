"""``manage.py jobs <verb>``: look at jobs, decide about them, and see whether all is well."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks_core.exceptions import InvalidCall, UnsupportedFeature
from tasks_core.management.jobs import change, doctor, look, move, prune, queues, run
from tasks_core.management.jobs.desk import Desk, Verb, backend_named
from tasks_core.management.troubles import told_in_a_sentence

GROUPS = (look, run, change, move, prune, queues, doctor)
EPILOG = """
examples:
  jobs list --state failed --limit 5
  jobs run blog.tasks.backup --kwargs '{"keep": 7}'   store a call and run it here and now
  jobs retry --state failed --task blog.tasks.send    every failed job of one task
  jobs stats                                          counts, throughput, waits and durations
  jobs doctor                                         what is wrong, and what helps

"jobs <verb> --help" says more about each. With --format json, stdout is one JSON value.
Exit codes: 0 done, 1 nothing was changed or something is wrong, 2 wrong arguments.
"""


class Command(BaseCommand):
    help = "Look at background jobs, decide about them, and see whether all is well."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
        for group in GROUPS:
            group.add_to(verbs)

    def handle(self, *args: Any, do: Verb, **options: Any) -> None:
        desk = Desk(
            backend=backend_named(options["backend"]),
            as_json=options["output"] == "json",
            out=self.stdout,
            err=self.stderr,
        )
        try:
            with told_in_a_sentence():
                code = do(desk, Namespace(**options))
        except (InvalidCall, UnsupportedFeature) as error:
            raise CommandError(str(error), returncode=2) from error
        if code:
            sys.exit(code)
