"""``manage.py run_worker``: a process that runs jobs."""

import os
import sys
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import autoreload

from tasks_core import conf, job_backends, registry
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.management.arguments import positive, seconds
from tasks_core.processes.companions import Companions
from tasks_core.processes.interrupts import leave_before_reload, stop_on_signals
from tasks_core.processes.output import show_log_lines
from tasks_core.processes.worker import Worker

EPILOG = """
examples:
  run_worker                            serve every queue until stopped
  run_worker --queues mail,default      serve these queues, priority first
  run_worker --once                     do what is due and exit, for cron; 1 if a job raised
  run_worker --with-scheduler           one process for small sites

TERM or INT: no new jobs, running ones may end (TASKS_CORE["GRACE"]); a second signal ends at once.
"""


class Command(BaseCommand):
    help = "Run background jobs until stopped."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backend", default=conf.DEFAULT_ALIAS, help="alias of JOBS to serve")
        parser.add_argument("--queues", type=_names, help="comma-separated; default: all")
        parser.add_argument(
            "--concurrency", type=positive, help='jobs at once; default: TASKS_CORE["CONCURRENCY"]'
        )
        parser.add_argument("--once", action="store_true", help="exit when nothing due remains")
        parser.add_argument(
            "--duration", type=seconds, help="stop gracefully after so many seconds"
        )
        parser.add_argument("--max-jobs", type=positive, help="stop gracefully after so many jobs")
        parser.add_argument("--reload", action="store_true", help="restart when code changes")
        parser.add_argument("--with-scheduler", action="store_true", help="the scheduler, too")
        parser.add_argument("--health-file", help="touched at every turn; its age is the health")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reload"] and options["once"]:
            raise CommandError("--reload and --once exclude each other.", returncode=2)
        if options["reload"]:
            autoreload.run_with_reloader(self.work, **options)
        else:
            self.work(**options)

    def work(self, **options: Any) -> None:
        worker = self.build(**options)
        companions = Companions() if options["with_scheduler"] else Companions(())
        if threading.current_thread() is threading.main_thread():
            stop_on_signals(worker.stop)
        else:
            leave_before_reload(worker)
        if not options["once"]:  # cron mails whatever is printed
            show_log_lines()
            self.announce(worker)
        if options["once"]:
            failures = self.drain(worker, companions)
        else:
            failures = 0
            companions.start()
            worker.run(duration=options["duration"])
        if worker.slots.running:
            # Threads cannot be ended; their jobs are left to the rescuers. Leave at once, so
            # that none of them runs twice at the same time.
            os._exit(1)
        companions.stop()
        if failures:
            sys.exit(1)

    def drain(self, worker: Worker, companions: Companions) -> int:
        try:
            return companions.run_once() + worker.drain()
        except DatabaseError as error:
            raise CommandError(
                f"{worker.backend} cannot be served: {error}. Is its database up and migrated?"
            ) from error

    def build(self, **options: Any) -> Worker:
        try:
            backend = job_backends[options["backend"]]
        except InvalidJobBackend as error:
            raise CommandError(str(error), returncode=2) from error
        if not (backend.supports("claim") and backend.supports("settle")):
            raise CommandError(
                f"{backend} needs no worker of ours or cannot be served by one: "
                "it runs jobs itself or keeps none.",
                returncode=2,
            )
        if options["queues"] == []:
            raise CommandError(
                "--queues names no queue. Leave it out to serve every queue.", returncode=2
            )
        return Worker(
            backend,  # type: ignore[arg-type]
            queues=options["queues"],
            concurrency=options["concurrency"],
            max_jobs=options["max_jobs"],
            health_file=options["health_file"],
        )

    def announce(self, worker: Worker) -> None:
        lease: timedelta = conf.get("LEASE")
        self.stdout.write(f"backend      {worker.backend}")
        self.stdout.write(f"queues       {', '.join(worker.queues or ['all'])}")
        self.stdout.write(f"concurrency  {worker.slots.size}, lease {lease.total_seconds():.0f} s")
        names = sorted(registry.declared())
        self.stdout.write(f"tasks        {len(names)}, and the functions of installed apps")
        for name in names:
            self.stdout.write(f"  {name}")
        self.stdout.flush()


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
