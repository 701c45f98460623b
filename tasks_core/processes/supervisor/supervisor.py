"""The supervisor's loop: keep N processes alive, and look after what the dead leave behind."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from . import clock
from .child import Child
from .estates import Estates
from .output import say, warn
from .places import Place
from .plan import Plan
from .reload import Reload
from .report import describe, describe_end, describe_job
from .signals import Signals
from .verdicts import leaks, verdict

AT_ONCE = 2.0  # seconds that a second signal leaves to give back what has not started
SOON = 0.05  # seconds between two looks while something is on its way


class Supervisor:
    """Runs one plan until it is told to stop, and says by its exit status how that went."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.signals = Signals()
        self.places = [Place(number) for number in range(plan.processes)]
        self.leaving: list[Child] = []  # have left their places, and end their last jobs
        self.estates = Estates()
        self.reload: Reload | None = None
        self.requests = 0  # how often it was asked to stop
        self.left_work = False
        self._kill_at: float | None = None
        self._looked_at = self._weighed_at = self._healthy = 0.0
        self._interval = min(1.0, plan.lease / 10)

    @property
    def children(self) -> list[Child]:
        return [child for place in self.places for child in place.occupants] + self.leaving

    def run(self) -> int:
        """Return 0 when all ended gracefully, 1 when jobs were left behind."""
        self._looked_at = began = clock.monotonic()
        while True:
            now = clock.monotonic()
            if self.plan.duration is not None and now - began >= self.plan.duration:
                self.stop(max(1, self.requests))
            self.turn(now)
            if self.requests and not self.children:
                return int(self.left_work)
            self.signals.wait(self._until_next_look(clock.monotonic() - began))

    def turn(self, now: float) -> None:
        """Look once at everything, and do what is to be done."""
        # When we were frozen ourselves, nobody's silence means anything.
        passed = min(now - self._looked_at, 2 * self._interval)
        self._looked_at = now
        self._heed()
        self._reap()
        self._look(now, passed)
        if not self.requests:
            self._fill(now)
        elif self._kill_at is not None and now >= self._kill_at:
            self._kill_all("told to end at once")
        self.estates.hand_over(self._heirs())
        for child in self.children:
            child.flush()
        self._touch_health_file()

    def stop(self, requests: int) -> None:
        """Ask all to end: gracefully, at the second request at once, at the third by force."""
        if requests <= self.requests:
            return
        self.requests, self.reload = requests, None
        for child in self.children:
            child.leave()
        if requests == 1:
            say(f"stopping; running jobs may take {self.plan.grace:.0f} s more")
        elif self._kill_at is None:
            self._kill_at = clock.monotonic() + AT_ONCE
            for child in self.children:
                child.order(order="leave")
        else:
            self._kill_at = clock.monotonic()

    # The parts of a turn.

    def _heed(self) -> None:
        came = self.signals.take()
        if ends := came[signal.SIGTERM] + came[signal.SIGINT]:
            self.stop(self.requests + ends)
        if came[signal.SIGHUP] and not self.requests:
            self._reload()
        if came[signal.SIGUSR1]:
            for child in self.children:
                child.read(passed=0.0)
                for line in describe(child, now=clock.monotonic()):
                    say(line)
                child.show_stacks()

    def _reload(self) -> None:
        if self.reload is not None:
            self.reload.is_asked_again = True
            return
        say("reloading: one process after the other is replaced")
        self.reload = Reload(self.places)

    def _reap(self) -> None:
        # Any child: as the first process of a container we inherit what jobs left behind.
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                for child in self.children:
                    if child.pid == ended[0]:
                        self._bury(child, ended[1])

    def _bury(self, child: Child, status: int) -> None:
        child.bury(status)
        planned = child.leaving_since is not None and not child.killed
        started = len(child.notes.started)
        if self.requests:
            # TERM has its default meaning again while Python itself is about to end.
            failed = child.process.returncode not in {0, -signal.SIGTERM}
            self.left_work |= bool(started) or (failed and bool(child.notes.owners))
        delay = self._vacate(child, planned=planned)
        self.estates.add(child)
        if delay and self.estates.waiting and not self.children:
            # Nobody lives who could take back its jobs: they have waited long enough.
            self.places[child.place].start_at, delay = 0.0, 0.0
        if planned and not started:
            say(f"worker process {child.pid} has left")
            return
        warn(describe_end(child, delay=None if self.requests else delay))
        for job in child.notes.started:
            warn(describe_job(job, now=clock.monotonic()))

    def _vacate(self, child: Child, *, planned: bool) -> float | None:
        """Return after how many seconds its place is filled, None when that is not due to it."""
        if child in self.leaving:
            self.leaving.remove(child)
            return None
        return self.places[child.place].vacate(child, now=clock.monotonic(), planned=planned)

    def _look(self, now: float, passed: float) -> None:
        weighs = self.plan.max_memory is not None and now - self._weighed_at >= 1.0
        self._weighed_at = now if weighs else self._weighed_at
        for child in self.children:
            child.read(passed=passed)
            if child.killed:
                continue
            why = verdict(child, self.plan, now=now)
            if why is None and weighs:
                why = leaks(child.memory(), self.plan)
            if why is not None:
                child.kill(why)
            elif child.leaving_since is not None and child not in self.leaving:
                self._vacate(child, planned=True)
                self.leaving.append(child)

    def _fill(self, now: float) -> None:
        for place in self.places:
            if place.is_due(now):
                place.child = self._start(place)
        if self.reload is not None:
            self.reload.step(self._start_heir)
            if self.reload.is_done:
                again, self.reload = self.reload.is_asked_again, None
                if again:
                    self._reload()

    def _start(self, place: Place) -> Child | None:
        try:
            return Child(self.plan, place=place.number)
        except OSError as error:
            warn(f"no worker process can be started: {error}")
            place.start_at = clock.monotonic() + 5.0
            return None

    def _start_heir(self, place: Place) -> Child | None:
        place.heir = self._start(place)
        return place.heir

    def _kill_all(self, why: str) -> None:
        for child in self.children:
            child.kill(why)

    def _heirs(self) -> list[Child]:
        fit = [child for child in self.children if not child.killed]
        return sorted(fit, key=lambda c: (c.is_deaf, c.leaving_since is not None, c.silent))

    def _touch_health_file(self) -> None:
        # As healthy as the least healthy: of one that is away, not at all.
        marks = [place.child.notes.healthy if place.child else 0.0 for place in self.places]
        if self.plan.health_file and not self.requests and min(marks) > self._healthy:
            self._healthy = min(marks)
            try:
                Path(self.plan.health_file).touch()
            except OSError as error:  # a full disk makes the file old, and ends no process
                warn(f"the health file cannot be written: {error}")

    def _until_next_look(self, age: float) -> float:
        now = clock.monotonic()
        waits = [self._interval]
        if self.reload is not None or self.estates.waiting or self._kill_at is not None:
            waits.append(SOON)
        if self.plan.duration is not None and not self.requests:
            waits.append(self.plan.duration - age)
        if not self.requests:
            waits += [place.start_at - now for place in self.places if place.child is None]
        return max(min(waits), 0.0)
