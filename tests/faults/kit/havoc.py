"""What is done to processes: killed with all that is below them, frozen, replaced in good order."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from tasks_core.models import Process
from tests.child import Child
from tests.tasks_core.races import eventually

Pause = tuple[float, float]

GETS_ON = 60  # seconds, on a machine that does other work as well


@dataclass
class Havoc:
    """Keeps ``number`` processes of one command, and counts what it does to them."""

    start: Callable[[], Child]
    number: int
    seed: int = field(default_factory=lambda: random.randrange(10**6))
    kills: int = 0
    freezes: int = 0
    processes: list[Child] = field(default_factory=list)

    def begin(self) -> None:
        self.chance = random.Random(self.seed)
        self.processes = [self.start() for _ in range(self.number)]

    def serve(self) -> None:
        """Begin, and wait until all are at work: who is asked to stop earlier, dies of it."""
        self.begin()
        eventually(lambda: Process.objects.count() >= self.number, seconds=GETS_ON)

    def hear(self, words: str) -> None:
        """Wait until all have said so: who is asked to stop before it can hear it, dies of it."""
        for child in self.processes:
            child.wait_for(words)

    def wreak(
        self,
        act: Callable[[int], object],
        *,
        times: int,
        pause: Pause,
        progress: Callable[[], int],
    ) -> None:
        """
        Do ``act`` to one of the processes at random, so many times.

        Each blow comes a moment after ``progress`` has grown, so that it falls on processes at
        work, however slow the machine is.
        """
        for _ in range(times):
            before = progress()
            eventually(lambda before=before: progress() > before, seconds=GETS_ON)
            Event().wait(self.chance.uniform(*pause))  # the fault's own rhythm
            act(self.chance.randrange(self.number))

    def kill(self, which: int) -> None:
        """End a process and all below it at once, and start another."""
        signal_group(self.processes[which], signal.SIGKILL)
        self.processes[which].process.wait()
        self.kills += 1
        self.processes[which] = self.start()

    def freeze(self, which: int, *, seconds: float) -> None:
        """Let a process and all below it stand still for a while."""
        signal_group(self.processes[which], signal.SIGSTOP)
        Event().wait(seconds)
        signal_group(self.processes[which], signal.SIGCONT)
        self.freezes += 1

    def replace(self, which: int) -> int:
        """Start another process, then ask the old one to stop, and return its exit status."""
        before = Process.objects.count()
        old, self.processes[which] = self.processes[which], self.start()
        eventually(lambda: Process.objects.count() > before, seconds=GETS_ON)
        return old.stop()

    def end(self) -> list[int]:
        """Ask all to stop and return their exit statuses."""
        for child in self.processes:
            child.send_signal(signal.SIGTERM)
        return [child.wait() for child in self.processes]


def signal_group(child: Child, number: signal.Signals) -> None:
    """Send a signal to a process and to what it started; a child leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
