"""The demo from start to end: prepare, start, fill, watch, stop, judge."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from . import seed, verdict
from .children import Children, Printer

USUAL_PORT = 8000
WAIT_FOR_JOBS = timedelta(seconds=20)
SHORT = timedelta(seconds=1)  # a due time so close to the end may be the next run's


class DemoFailed(Exception):
    """Something did not happen, and the message says what."""


class Demo:
    """One run; ``seconds`` is None when it lasts until somebody stops it."""

    def __init__(self, *, seconds: float | None) -> None:
        self.seconds = seconds
        self.printer = Printer(sys.stdout)
        self.children = Children(self.printer)
        self.stopping = threading.Event()

    def run(self, *, port: int, fresh: bool) -> None:
        """Show everything. Raises DemoFailed when it was to last ``seconds`` and went wrong."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        since = self.prepare(fresh=fresh)
        try:
            self.children.start("worker", "run_worker")
            self.children.start("scheduler", "run_scheduler")
            self.children.start("web", "runserver", "--noreload", f"127.0.0.1:{port}")
            self.fill(port)
            self.watch()
            until = timezone.now() - SHORT
            if self.seconds:
                self.finish_jobs(until=until)
        finally:
            self.children.stop()
        if self.seconds:
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

    def watch(self) -> None:
        """Wait for the end; raise DemoFailed when a process ends before."""
        ends_at = timezone.now() + timedelta(seconds=self.seconds) if self.seconds else None
        while not self.stopping.wait(0.2):
            if name := self.children.ended():
                raise DemoFailed(f"The process {name!r} ended by itself; see its lines above.")
            if ends_at and timezone.now() >= ends_at:
                break
        self.say("Stopping …")

    def finish_jobs(self, *, until: datetime) -> None:
        """Let the scheduler decide and the worker end what is due, and nothing new."""
        self.wait_while(lambda: verdict.is_undecided(until=until))
        self.children.stop("scheduler")
        self.wait_while(lambda: verdict.is_busy(now=timezone.now()))

    def wait_while(self, condition: Callable[[], bool]) -> None:
        give_up_at = timezone.now() + WAIT_FOR_JOBS
        pause = threading.Event()
        while condition() and timezone.now() < give_up_at:
            pause.wait(0.1)

    def conclude(self, *, since: datetime, until: datetime) -> None:
        """Print what became of everything, and fail if something did not happen."""
        lines = verdict.judge(since=since, until=until)
        self.say(f"{'':34} {'due':>4} {'done':>5}  skipped")
        for line in lines:
            skipped = ", ".join(f"{count} {reason}" for reason, count in line.skipped.items())
            self.say(f"{line.name:34} {line.due:>4} {line.successful:>5}  {skipped}".rstrip())
        problems = [f"{line.name}, {problem}" for line in lines for problem in line.problems]
        if not lines:
            problems.append("nothing was due, so nothing was shown")
        for problem in problems:
            self.say(f"✗ {problem}")
        if problems:
            raise DemoFailed(f"{len(problems)} of the things that were due did not happen.")
        self.say("✓ Everything that was due happened.")

    def say(self, text: str) -> None:
        self.printer.line("demo", text)


def free_port(wanted: int | None) -> int:
    """Return a free port: the wanted one, else the usual one, else any. Raises DemoFailed."""
    for port in [wanted] if wanted else [USUAL_PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed(f"Port {wanted} is taken; leave --port out to get a free one.")
