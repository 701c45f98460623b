"""``manage.py run_scheduler``: a process that turns due times into jobs."""

from __future__ import annotations

import sys
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import autoreload

from scheduler import conf, declarations, upkeep
from scheduler.process import Scheduler
from tasks_core.management.arguments import file_to_touch, seconds
from tasks_core.management.troubles import told_in_a_sentence
from tasks_core.processes.interrupts import stop_on_signals
from tasks_core.processes.output import show_log_lines

EPILOG = """
examples:
  run_scheduler              make jobs of what is due until stopped; run as many as you like
  run_scheduler --once       do what is due and exit: for cron; 1 if a schedule failed

A declaration that is refused counts as a failed schedule: its row runs on as it was.
TERM or INT: stop after this turn; a second signal ends at once. Nothing is lost either way.
"""


class Command(BaseCommand):
    help = "Turn the due times of schedules into jobs until stopped."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="exit when nothing due remains")
        parser.add_argument(
            "--duration", type=seconds, help="stop gracefully after so many seconds"
        )
        parser.add_argument("--reload", action="store_true", help="restart when code changes")
        healthy = "touched at every turn; its age is the health"
        parser.add_argument("--health-file", type=file_to_touch, help=healthy)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reload"] and options["once"]:
            raise CommandError("--reload and --once exclude each other.", returncode=2)
        if options["reload"]:
            autoreload.run_with_reloader(self.work, **options)
        else:
            self.work(**options)

    def work(self, **options: Any) -> None:
        scheduler = Scheduler(health_file=options["health_file"])
        if threading.current_thread() is threading.main_thread():
            stop_on_signals(scheduler.stop)
        if options["once"]:
            with told_in_a_sentence():
                failed = scheduler.run_once()
                upkeep.purge()  # nobody else does, where all is left to cron
            if failed:
                sys.exit(1)
            return
        show_log_lines()
        self.announce()
        scheduler.run(duration=options["duration"])

    def announce(self) -> None:
        declared, problems = declarations.read()
        self.stdout.write(f"database     {conf.database()}")
        self.stdout.write(f"looks        at least every {conf.tuning().tick_seconds:g} s")
        self.stdout.write(f"schedules    {len(declared)} declared, and those in the database")
        for key in sorted(declared):
            self.stdout.write(f"  {key}  {declared[key].trigger.spec()}")
        for problem in problems:
            self.stdout.write(f"  refused: {problem}")
        self.stdout.flush()
