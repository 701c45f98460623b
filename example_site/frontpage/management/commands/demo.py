"""``manage.py demo``: the whole site on this machine, with a worker and a scheduler."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from frontpage.demo import seed, verdict
from frontpage.demo.children import Children, Printer

USUAL_PORT = 8000
WAIT_FOR_JOBS = timedelta(seconds=20)
SHORT = timedelta(seconds=1)  # a due time so close to the end may be the next run's


class Command(BaseCommand):
    help = "Run the example site, a worker and a scheduler, with content about to come out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, help="stop by itself, and judge what was due")
        parser.add_argument("--port", type=int, help=f"default: {USUAL_PORT}, or any free one")
        parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demo makes a user admin with the password admin: only with DEBUG."
            )
        self.printer = Printer(sys.stdout)
        self.stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        port = free_port(options["port"])
        since = self.prepare(fresh=options["fresh"])

        children = Children(self.printer)
        try:
            children.start("worker", "run_worker")
            children.start("scheduler", "run_scheduler")
            children.start("web", "runserver", "--noreload", f"127.0.0.1:{port}")
            self.fill(port)
            casualty = self.watch(children, options["seconds"])
            until = timezone.now() - SHORT
            if options["seconds"] and not casualty:
                self.finish_jobs(children)
        finally:
            children.stop()
        if casualty:
            raise CommandError(f"The process {casualty!r} ended by itself; see its lines above.")
        if options["seconds"]:
            self.conclude(since=since, until=until)

    def prepare(self, *, fresh: bool) -> datetime:
        if fresh:
            self.say("Forgetting what earlier runs left …")
            seed.forget_everything()
        self.say(f"Preparing the database in {settings.DATA_DIR} …")
        call_command("migrate", verbosity=0)
        seed.administrator()
        return timezone.now()

    def fill(self, port: int) -> None:
        """Store the content while the processes start."""
        first = seed.articles(now=timezone.now())
        seed.messages()
        self.say(f"The next article is due at {first:%H:%M:%S} UTC. Drawing pictures …")
        seed.pictures()
        self.say("")
        self.say(f"  http://127.0.0.1:{port}/        the site, with what happens behind it")
        self.say(f"  http://127.0.0.1:{port}/jobs/   the dashboard   (user admin, password admin)")
        self.say("")
        self.say("Ctrl-C stops everything.")

    def watch(self, children: Children, seconds: float | None) -> str | None:
        """Wait for the end. Return the name of a process that did not."""
        ends_at = timezone.now() + timedelta(seconds=seconds) if seconds else None
        while not self.stopping.wait(0.2):
            if name := children.ended():
                return name
            if ends_at and timezone.now() >= ends_at:
                break
        self.say("Stopping …")
        return None

    def finish_jobs(self, children: Children) -> None:
        """Let the worker end what is due, while nothing new becomes due."""
        children.stop("scheduler")
        give_up_at = timezone.now() + WAIT_FOR_JOBS
        pause = threading.Event()
        while verdict.is_busy(now=timezone.now()) and timezone.now() < give_up_at:
            pause.wait(0.1)

    def conclude(self, *, since: datetime, until: datetime) -> None:
        """Print what became of everything, and fail if something did not happen."""
        lines = verdict.judge(since=since, until=until)
        self.say(f"{'':34} {'due':>4} {'done':>5}  skipped")
        for line in lines:
            skipped = ", ".join(f"{count} {reason}" for reason, count in line.skipped.items())
            self.say(f"{line.name:34} {line.due:>4} {line.successful:>5}  {skipped}")
        problems = [f"{line.name}, {problem}" for line in lines for problem in line.problems]
        if not any(line.due for line in lines):
            problems.append("nothing was due, so nothing was shown")
        for problem in problems:
            self.say(f"✗ {problem}")
        if problems:
            raise CommandError(f"{len(problems)} of the things that were due did not happen.")
        self.say("✓ Everything that was due happened.")

    def say(self, text: str) -> None:
        self.printer.line("demo", text)


def free_port(wanted: int | None) -> int:
    """Return a port that is free: the wanted one, else the usual one, else any."""
    for port in [wanted] if wanted else [USUAL_PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandError(f"Port {wanted} is taken; leave --port out to get a free one.")
