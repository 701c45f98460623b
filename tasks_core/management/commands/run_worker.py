"""``manage.py run_worker``: processes that run jobs."""

import os
import sys
import threading
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import autoreload

from tasks_core import conf, job_backends, registry
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.management.arguments import (
    Help,
    file_to_touch,
    names,
    positive,
    processes,
    seconds,
)
from tasks_core.management.servers import tell_of_server
from tasks_core.management.troubles import told_in_a_sentence
from tasks_core.processes import launch
from tasks_core.processes.companions import Companions
from tasks_core.processes.interrupts import (
    end_soon,
    leave_before_reload,
    show_on_signals,
    stop_on_signals,
)
from tasks_core.processes.output import show_log_lines
from tasks_core.processes.sweeping import sweep_once, sweeping
from tasks_core.processes.worker import Worker, tether
from tasks_core.processes.worker.running import show_running

EPILOG = """
examples:
  run_worker                            serve every queue until stopped
  run_worker --processes auto           with a process for each processor
  run_worker --queues mail,default      serve these queues, priority first
  run_worker --once                     do what is due and exit, for cron; 1 if a job raised
  run_worker --with-scheduler           one command for small sites

A supervisor starts the processes and replaces each that dies, hangs, or is recycled after
--max-jobs or with --max-memory. With --once or --reload there is one process and no supervisor.

signals:
  TERM, INT  no new jobs; running ones may end, for TASKS_CORE["GRACE"]; a second one: at once
  HUP        replace one process after the other, so that they read new code; supervisor only
  USR1       write to stderr what is running, and where

exit status: 0 ended gracefully; 1 jobs were left behind, or with --once a job raised;
2 what was asked for cannot be served.
"""


class Command(BaseCommand):
    help = "Run background jobs until stopped."
    epilog = EPILOG

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=Help, epilog=self.epilog)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--backend", default=conf.DEFAULT_ALIAS, metavar="ALIAS", help="of JOBS, to serve")
        add("--queues", type=names, metavar="A,B", help="serve only these")
        auto = 'or "auto": one for each processor; default: TASKS_CORE["PROCESSES"]'
        add("--processes", type=processes, metavar="N", help=auto)
        concurrency = 'jobs at once in each process; default: TASKS_CORE["CONCURRENCY"]'
        add("--concurrency", type=positive, metavar="N", help=concurrency)
        add("--once", action="store_true", help="exit when nothing due remains")
        add("--duration", type=seconds, metavar="SECONDS", help="then stop gracefully")
        recycled = "replace a process after so many jobs; without supervisor: stop"
        add("--max-jobs", type=positive, metavar="N", help=recycled)
        leaking = "replace a process that uses so many MiB; killed at 1.5 times as many"
        add("--max-memory", type=positive, metavar="MIB", help=leaking)
        add("--reload", action="store_true", help="restart when code changes")
        add("--with-scheduler", action="store_true", help="the scheduler, too")
        touched = "touched while all goes well; its age is the health"
        add("--health-file", type=file_to_touch, help=touched)
        parser.set_defaults(poll=None)

    def execute(self, *args: Any, **options: Any) -> Any:
        # The system checks passed when the supervisor was started; they cost a part of a second.
        try:
            self.tether = tether.taken(max_memory=_bytes(options["max_memory"]))
        except tether.OtherRelease as error:
            raise CommandError(str(error), returncode=2) from error
        options["skip_checks"] = options["skip_checks"] or self.tether is not None
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reload"] and options["once"]:
            raise CommandError("--reload and --once exclude each other.", returncode=2)
        supervised = self.tether is None and self._is_supervised(**options)
        if options["reload"]:
            autoreload.run_with_reloader(self.work, **options)
        elif supervised:
            self.supervise(**options)
        else:
            self.work(**options)

    def supervise(self, **options: Any) -> None:
        processes = options["processes"] or conf.get("PROCESSES")
        self.announce(self.build(**options), processes=processes)
        launch.supervise(
            processes=processes,
            max_memory=_bytes(options["max_memory"]),
            duration=options["duration"],
            health_file=options["health_file"],
        )

    def work(self, **options: Any) -> None:
        worker = self.build(**options)
        has_companions = options["with_scheduler"] and (not self.tether or not self.tether.place)
        companions = Companions() if has_companions else Companions(())
        if self.tether is not None:
            self.tether.attach(worker)
        elif threading.current_thread() is threading.main_thread():
            stop_on_signals(worker.stop)
            show_on_signals(lambda: show_running(worker.slots))
        else:
            leave_before_reload(worker)
        if not options["once"]:  # cron mails whatever is printed
            show_log_lines()
        if options["once"]:
            failures = self.drain(worker, companions, duration=options["duration"])
        else:
            failures = 0
            if self.tether is None:
                self.announce(worker)
            companions.start(until=worker.stopping)
            with sweeping():
                worker.run(duration=None if self.tether else options["duration"])
        if self.tether is not None:
            self.tether.leave()
        if worker.slots.running:
            # Threads cannot be ended, and their jobs are others' by now. Leave at once, so that
            # none of them runs twice at the same time. What was given up has been settled, and
            # a supervisor fills the place anyway; others restart only what has failed.
            os._exit(int(self.tether is None or worker.slots.is_cut_off))
        companions.stop()
        if self._called_from_command_line:  # type: ignore[attr-defined]
            end_soon(int(failures > 0))
        if failures:
            sys.exit(1)

    def drain(self, worker: Worker, companions: Companions, *, duration: float | None) -> int:
        with told_in_a_sentence():
            sweep_once()
            return companions.run_once() + worker.drain(duration=duration)

    def build(self, **options: Any) -> Worker:
        try:
            backend = job_backends[options["backend"]]
        except InvalidJobBackend as error:
            raise CommandError(str(error), returncode=2) from error
        if not (backend.supports("claim") and backend.supports("settle")):
            raise CommandError(
                f"{backend} needs no worker of ours or cannot be served by one: "
                "it runs jobs itself, keeps none, or hands them to what has workers of its own.",
                returncode=2,
            )
        if options["queues"] == []:
            raise CommandError(
                "--queues names no queue. Leave it out to serve every queue.", returncode=2
            )
        if self.tether is None:
            tell_of_server(backend, say=self.stderr.write, quietly=options["once"])
        return Worker(
            backend,  # type: ignore[arg-type]
            queues=options["queues"],
            concurrency=options["concurrency"],
            max_jobs=options["max_jobs"],
            poll=options["poll"],
            health_file=options["health_file"],
        )

    def announce(self, worker: Worker, *, processes: int = 1) -> None:
        lease: timedelta = conf.get("LEASE")
        self.stdout.write(f"backend      {worker.backend}")
        self.stdout.write(f"queues       {', '.join(worker.queues or ['all'])}")
        self.stdout.write(f"processes    {processes}")
        self.stdout.write(f"concurrency  {worker.slots.size}, lease {lease.total_seconds():.0f} s")
        known = sorted(registry.declared())
        self.stdout.write(f"tasks        {len(known)}, and the functions of installed apps")
        for name in known:
            self.stdout.write(f"  {name}")
        self.stdout.flush()

    def _is_supervised(self, **options: Any) -> bool:
        """Say whether a supervisor is wanted; raise CommandError where one is needed in vain."""
        on_command_line: bool = self._called_from_command_line  # type: ignore[attr-defined]
        alone = options["once"] or options["reload"]
        wanted = on_command_line and launch.CAN_SUPERVISE and not alone
        used, limit = tether.memory(), _bytes(options["max_memory"])
        if not wanted and (options["processes"] not in (None, 1) or limit):
            raise CommandError(
                "--processes and --max-memory need a supervisor, which is started from the "
                "command line of a POSIX system, without --once and --reload.",
                returncode=2,
            )
        if limit is not None and not used:
            raise CommandError("--max-memory needs /proc, which is not here.", returncode=2)
        if limit is not None and limit < used:
            raise CommandError(
                f"--max-memory {limit >> 20} is less than the {used >> 20} MiB of a process "
                "that does nothing.",
                returncode=2,
            )
        return wanted


def _bytes(mebibytes: int | None) -> int | None:
    return None if mebibytes is None else mebibytes << 20
