"""``manage.py process_tasks``: what django-background-tasks calls its worker, done by ours."""

from argparse import ArgumentParser
from typing import Any

from scheduler.contrib.background_task.settings import app_settings
from scheduler.contrib.background_task.streams import log_std
from tasks_core.management.commands import run_worker
from tasks_core.processes.output import show_log_lines

EPILOG = """
examples:
  process_tasks                         run what is due, and what repeats, until stopped
  process_tasks --queue mail            only of this queue
  process_tasks --duration 300          for five minutes, as from cron

It is `run_worker --with-scheduler` under its old name: one process runs the jobs of the backend,
those of other tasks too, one at a time or, with BACKGROUND_TASK_RUN_ASYNC, as many as
BACKGROUND_TASK_ASYNC_THREADS says; and makes those of every schedule. Any number may run. A
supervisor replaces the process when it dies or hangs.

signals:
  TERM, INT  no new tasks; running ones may end; a second one: at once
  HUP        a new process that reads new code
  USR1       write to stderr what is running, and where

exit status: 0 ended gracefully; 1 tasks were left behind; 2 what was asked for cannot be served.
"""


class Command(run_worker.Command):
    help = "Run background tasks until stopped, and those that repeat whenever they are due."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        forever = "stop gracefully after so many; 0, the default, or less: run until stopped"
        add("--duration", type=int, default=0, metavar="SECONDS", help=forever)
        looking = (
            "longest wait before looking for tasks of which nobody told, default: 5; what is "
            "stored on PostgreSQL and SQLite, or becomes due, is begun at once"
        )
        add("--sleep", type=float, default=5.0, metavar="SECONDS", help=looking)
        add("--queue", metavar="NAME", help="run only the tasks of this queue")
        logged = "stdout and stderr become lines of the log"
        add("--log-std", action="store_true", help=logged)
        add("--dev", action="store_true", help="restart when code changes; for development")
        parser.set_defaults(max_memory=None)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["log_std"]:
            show_log_lines()  # first, on what is stderr until then
            log_std()
        translated = {
            "backend": app_settings.BACKGROUND_TASK_BACKEND,
            "queues": [options["queue"]] if options["queue"] else None,
            "processes": 1,
            "concurrency": app_settings.concurrency,
            "once": False,
            "duration": options["duration"] if options["duration"] > 0 else None,
            "max_jobs": None,
            "poll": max(options["sleep"], 0.0),
            "max_memory": None,
            "reload": options["dev"],
            "with_scheduler": True,
            "health_file": None,
        }
        super().handle(*args, **{**options, **translated})
