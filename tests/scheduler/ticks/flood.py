"""A flood of signed ticks, and a probe that sees when two of them are at work at one time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from scheduler.signals import occurrences_recorded
from scheduler.ticks import ticker
from tests.scheduler.ticks.site import post
from tests.tasks_core.races import eventually

HELD = 0.02  # seconds for which each batch of a tick keeps the place


class Probe:
    """Each batch of a tick, when it is stored, takes the one place there is, in all processes."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "place"
        self.met = folder / "met"

    def __call__(self, **kwargs: object) -> None:
        with self.place.open("a") as place:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.met.touch()
                return
            Event().wait(HELD)

    @contextmanager
    def watching(self) -> Iterator[Probe]:
        occurrences_recorded.connect(self, weak=False)
        try:
            yield self
        finally:
            occurrences_recorded.disconnect(self)


@contextmanager
def everybody_begins(*args: object, **kwargs: object) -> Iterator[bool]:
    """Stand in for the guard of a tick: it keeps nobody out."""
    yield True


def in_this_process(folder: str, *, times: int, guarded: bool, together: int) -> None:
    """Send so many ticks, once so many processes can; say how they were answered."""
    if not guarded:
        ticker.flight = everybody_begins
    (Path(folder) / f"ready-{os.getpid()}").touch()
    eventually(lambda: len(list(Path(folder).glob("ready-*"))) == together)
    with Probe(Path(folder)).watching():
        statuses = [post().status_code for _ in range(times)]
    print("answers", sorted(set(statuses)))  # noqa: T201 - for the process that has started this one
